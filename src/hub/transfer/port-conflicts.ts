// Ports that more than one definition declares, as its own or as those of sockets that are held for it.
import { type HeldSocket, portsOf } from "../../contract/sockets.ts";

/** As much of a definition as matters here. */
export interface DeclaresPorts {
  name: string;
  ports: readonly number[];
  sockets: readonly HeldSocket[];
}

/** A port of a definition that others declare too. */
export interface PortConflict {
  port: number;
  /** Its place in the definition: "ports.0", "sockets.0.port". */
  path: string;
  /** Names of the others. */
  services: string[];
}

/** Port to the names that declare it, where there is more than one; `conflicts` of `GET /api/port-conflicts`. */
export function portConflicts(services: readonly DeclaresPorts[]): Record<string, string[]> {
  const holders = new Map<number, Set<string>>();
  for (const { name, ...declared } of services) {
    for (const port of portsOf(declared)) holders.set(port, (holders.get(port) ?? new Set()).add(name));
  }
  const conflicts = [...holders].filter(([, names]) => names.size > 1).sort(([a], [b]) => a - b);
  return Object.fromEntries(conflicts.map(([port, names]) => [String(port), [...names]]));
}

/** Conflicts of one definition with others; a definition of its own name does not count. */
export function conflictsOf(spec: DeclaresPorts, others: readonly DeclaresPorts[]): PortConflict[] {
  return portsOf(spec).flatMap((port) => {
    const holders = others.filter((other) => other.name !== spec.name && portsOf(other).includes(port));
    if (holders.length === 0) return [];
    const index = spec.ports.indexOf(port);
    const path =
      index < 0 ? `sockets.${spec.sockets.findIndex((socket) => socket.port === port)}.port` : `ports.${index}`;
    return [{ port, path, services: holders.map(({ name }) => name) }];
  });
}

/** "Port 8000 is also declared by "api" and "web"". */
export function conflictWords({ port, services }: PortConflict): string {
  return `port ${port} is also declared by ${services.map((name) => `"${name}"`).join(" and ")}`;
}
