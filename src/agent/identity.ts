// Who this agent is to a hub: made once, kept in its directory; a hub that it enrolled with says who it is there.
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { type ServerIdentity, serverIdentitySchema } from "../contract/agent.ts";
import { KeptFile } from "./desired/kept-file.ts";

/** Reads the identity, or makes it on the first start; a given name replaces the kept one, and a membership says both. */
export async function openIdentity(
  agentDir: string,
  given: { name: string | undefined; membership: { server_id: string; name: string } | undefined },
  clock: Clock,
): Promise<ServerIdentity> {
  const file = new KeptFile(join(agentDir, "server.json"), serverIdentitySchema);
  const read = await file.read(clock.now());
  const kept = "value" in read ? read.value : undefined;
  const identity = kept ?? {
    id: crypto.randomUUID(),
    name: hostname(),
    created_at: new Date(clock.now()).toISOString(),
  };
  const { membership } = given;
  const wanted = {
    ...identity,
    id: membership?.server_id ?? identity.id,
    name: membership?.name ?? given.name ?? identity.name,
  };
  if (kept?.id !== wanted.id || kept.name !== wanted.name) await file.write(() => wanted);
  return wanted;
}
