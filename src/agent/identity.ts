// Who this agent is to a hub: made once, kept in its directory.
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type ServerIdentity, serverIdentitySchema } from "../contract/agent.ts";
import { KeptFile } from "./desired/kept-file.ts";

/** Reads the identity, or makes it on the first start; a given name replaces the kept one. */
export async function openIdentity(agentDir: string, name: string | undefined, clock: Clock): Promise<ServerIdentity> {
  const file = new KeptFile(join(agentDir, "server.json"), serverIdentitySchema);
  const read = await file.read(clock.now());
  const kept = "value" in read ? read.value : undefined;
  const identity = kept ?? {
    id: crypto.randomUUID(),
    name: name ?? hostname(),
    created_at: new Date(clock.now()).toISOString(),
  };
  const wanted = { ...identity, name: name ?? identity.name };
  if (kept === undefined || kept.name !== wanted.name) await file.write(() => wanted);
  return wanted;
}
