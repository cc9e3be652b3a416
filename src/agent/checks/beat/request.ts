// Heartbeat URLs: how they are made, and what a request to the agent's port for them is worth. Whoever knows the secret may call,
// nobody is trusted for being on this machine.
import { createHash, randomBytes } from "node:crypto";

/** 192 bits. */
const SECRET_BYTES = 24;
const PATH = /^\/beat\/([A-Za-z0-9_-]{32})$/;
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

export function makeSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** What the environment of a service tells it. */
export function beatUrl(port: number, secret: string): string {
  return `http://127.0.0.1:${port}/beat/${secret}`;
}

/** By this a secret is looked up: how long that takes says nothing of the secret. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}

interface AskedFor {
  method: string | undefined;
  /** The target of the request as it was sent. */
  url: string | undefined;
  host: string | undefined;
}

/** The hash of the secret that a request names; undefined: it is none of ours. */
export function secretAskedFor({ method = "", url = "", host = "" }: AskedFor, port: number): string | undefined {
  // A page in a browser here can make its own name mean this machine, but not this header.
  const name = host.toLowerCase();
  if (name !== `127.0.0.1:${port}` && name !== `localhost:${port}`) return undefined;
  const secret = METHODS.has(method) ? PATH.exec(url)?.[1] : undefined;
  return secret === undefined ? undefined : hashOf(secret);
}
