// Addresses that `up` listens on, as people write them.
import { usageFailure } from "./failure.ts";

/** A host and a TCP port; port 0 is any free one. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** Where `up` listens unless told otherwise: this machine only. */
export const DEFAULT_LISTEN: ListenAddress = { host: "127.0.0.1", port: 8765 };

/** Reads "127.0.0.1:8765", "[::1]:8765", "localhost:80", ":80" and "80" (these two on loopback). */
export function readListen(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw usageFailure(`Cannot listen on "${text}": give host:port, like 127.0.0.1:8765 or [::1]:8765`);
  }
  return { host: match[1] ?? (match[2] || DEFAULT_LISTEN.host), port };
}

/** "127.0.0.1:8765", "[::1]:8765". */
export function listenText({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
