// All supervisors that are here to be compared, tailherd first.
import { hasProgram, installPackages } from "./debian.ts";
import { nodeSpawner } from "./node-spawner.ts";
import type { Peer } from "./peer.ts";
import { pm2 } from "./pm2.ts";
import { runit } from "./runit.ts";
import { s6 } from "./s6.ts";
import { supervisord } from "./supervisord.ts";
import { tailherd } from "./tailherd.ts";

const PACKAGES = { supervisord: "supervisor", "s6-svscan": "s6", runsvdir: "runit" };

/** A supervisor that is here, with its version. */
export interface PresentPeer {
  peer: Peer;
  version: string;
}

/** Finds, and where possible installs, the supervisors; only tailherd unless `compare`. */
export async function presentPeers(compare: boolean): Promise<PresentPeer[]> {
  if (compare) {
    installPackages(
      Object.entries(PACKAGES)
        .filter(([program]) => !hasProgram(program))
        .map(([, name]) => name),
    );
  }
  const present: PresentPeer[] = [];
  for (const peer of compare ? [tailherd, pm2, supervisord, s6, runit, nodeSpawner] : [tailherd]) {
    const version = await peer.version();
    if (version !== undefined) present.push({ peer, version });
  }
  return present;
}
