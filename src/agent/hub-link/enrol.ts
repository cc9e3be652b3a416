// Brings this machine into a hub's fleet: makes a key pair, shows the join token once, and keeps what it may trust from then on.
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { SECOND } from "../../base/units.ts";
import type { Clock } from "../../base/clock.ts";
import { TailherdError, problemSchema } from "../../contract/errors.ts";
import { type RegisterRequest, registerResultSchema, type RegisterResult } from "../../contract/server.ts";
import { fingerprintOf, makeKeyPair } from "../../runtime/link/keys.ts";
import { VERSION } from "../../runtime/version.ts";
import { KeptFile } from "../desired/kept-file.ts";

const REQUEST_TIMEOUT = 15 * SECOND;
const MAX_ANSWER = 64 * 1024;

const membershipSchema = z.object({
  hub_url: z.string(),
  hub_id: z.string(),
  /** The pinned key of the hub. */
  hub_key: z.string(),
  server_id: z.string(),
  name: z.string(),
  public_key: z.string(),
  private_key: z.string(),
  enrolled_at: z.string(),
});
/** What an agent keeps of its enrolment (0600): its key, and whom it obeys. */
export type Membership = z.infer<typeof membershipSchema>;

/** How an agent is enrolled. */
export interface EnrolRequest {
  hubUrl: string;
  /** A join token, or an admin's bearer token (then the hub's key is taken on trust this once). */
  token: string;
  name?: string;
  tags: string[];
}

/** The membership of this agent, if it is enrolled. Rejects when the file is damaged beyond its copy. */
export async function readMembership(agentDir: string, clock: Clock): Promise<Membership | undefined> {
  const read = await fileOf(agentDir).read(clock.now());
  if ("value" in read) return read.value;
  if (read.outcome === "fresh") return undefined;
  throw new TailherdError(
    "degraded",
    `Cannot read the enrolment of this agent: it was damaged and is kept as ${read.damagedFile}; enrol again with a token made for this server`,
  );
}

/**
 * Enrols. Rejects with the hub's words (`unauthenticated` for a wrong or used token), `agent_away` when it cannot be reached, and
 * `unauthenticated` when the hub's key is not the one that the join token names.
 */
export async function enrol(agentDir: string, request: EnrolRequest, clock: Clock): Promise<Membership> {
  const keys = makeKeyPair();
  const name = request.name ?? hostname();
  const body: RegisterRequest = {
    name,
    host: hostname(),
    ip: "",
    tags: request.tags,
    services: [],
    metadata: { os: process.platform, arch: process.arch },
    public_key: keys.public_key,
    agent_version: VERSION,
  };
  const answer = await register(request, body);
  const expected = /\.([A-Za-z0-9_-]{22})$/.exec(request.token)?.[1];
  if (expected !== undefined && fingerprintOf(answer.hub.public_key) !== expected) {
    throw new TailherdError(
      "unauthenticated",
      `Cannot enrol at ${request.hubUrl}: its key is not the one that the token names; another machine may be answering in its place`,
    );
  }
  const membership: Membership = {
    hub_url: request.hubUrl,
    hub_id: answer.hub.id,
    hub_key: answer.hub.public_key,
    server_id: answer.server_id,
    name,
    ...keys,
    enrolled_at: new Date(clock.now()).toISOString(),
  };
  return await keepMembership(agentDir, membership);
}

/** Resolves when it is on the disk. */
export async function keepMembership(agentDir: string, membership: Membership): Promise<Membership> {
  await fileOf(agentDir).write(() => membership);
  return membership;
}

function fileOf(agentDir: string): KeptFile<Membership> {
  return new KeptFile(join(agentDir, "membership.json"), membershipSchema);
}

async function register({ hubUrl, token }: EnrolRequest, body: RegisterRequest): Promise<RegisterResult> {
  const attempted = `Cannot enrol at ${hubUrl}`;
  const { status, text } = await postJson(new URL("/api/servers/register", hubUrl), token, body).catch(
    (error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      throw new TailherdError(
        "agent_away",
        `${attempted}: ${words}; is the address right, and the hub listening there?`,
        {
          cause: error,
        },
      );
    },
  );
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TailherdError("refused", `${attempted}: what answers there is not a hub`);
  }
  const result = registerResultSchema.safeParse(json);
  if (status < 300 && result.success) return result.data;
  const problem = problemSchema.safeParse(json);
  if (!problem.success) throw new TailherdError("refused", `${attempted}: what answers there is not a hub`);
  const { code, detail, issues } = problem.data;
  const words = typeof detail === "string" ? detail : JSON.stringify(detail);
  throw new TailherdError(code === "unauthenticated" ? code : "refused", `${attempted}: ${words}`, {
    issues: issues ?? [],
  });
}

function postJson(url: URL, token: string, body: object): Promise<{ status: number; text: string }> {
  const content = JSON.stringify(body);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: "POST",
      timeout: REQUEST_TIMEOUT,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(content),
      },
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER) request.destroy(new Error("the answer is endless"));
      });
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.end(content);
  });
}
