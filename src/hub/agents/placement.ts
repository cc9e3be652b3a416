// Which servers a service runs on: a pure function of its placement and the servers there are.
import type { Placement } from "../../contract/server.ts";

/** What counts of a server for placing services. */
export interface PlaceableServer {
  id: string;
  name: string;
  tags: readonly string[];
  /** A bare node runs nothing. */
  kind: "hub" | "agent" | "bare";
}

/** Ids, in the order of `servers`. Without a placement: the hub's own machine. Named servers, and those that have every tag. */
export function placedOn(placement: Placement, servers: Iterable<PlaceableServer>): string[] {
  const { servers: names, tags } = placement;
  const anywhere = names.length === 0 && tags.length === 0;
  return [...servers]
    .filter(({ id, name, tags: has, kind }) => {
      if (kind === "bare") return false;
      if (anywhere) return kind === "hub";
      if (names.includes(id) || names.includes(name)) return true;
      return tags.length > 0 && tags.every((tag) => has.includes(tag));
    })
    .map(({ id }) => id);
}

/** Words for a placement that fits no server, or part of it; empty when all is well. */
export function placementWarnings(placement: Placement, servers: readonly PlaceableServer[]): string[] {
  const warnings: string[] = [];
  for (const name of placement.servers) {
    const found = servers.find((server) => server.id === name || server.name === name);
    if (found === undefined) warnings.push(`placement.servers: there is no server "${name}" (yet)`);
    else if (found.kind === "bare") warnings.push(`placement.servers: "${name}" has no agent and can run nothing`);
  }
  if (placement.tags.length > 0 && placedOn({ servers: [], tags: placement.tags }, servers).length === 0) {
    warnings.push(`placement.tags: no server has ${placement.tags.map((tag) => `"${tag}"`).join(" and ")} (yet)`);
  }
  return warnings;
}
