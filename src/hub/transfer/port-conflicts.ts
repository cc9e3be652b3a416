// Ports that more than one definition declares.

/** As much of a definition as matters here. */
export interface DeclaresPorts {
  name: string;
  ports: readonly number[];
}

/** A port of a definition that others declare too. */
export interface PortConflict {
  port: number;
  /** Its place in `ports`. */
  index: number;
  /** Names of the others. */
  services: string[];
}

/** Port to the names that declare it, where there is more than one; `conflicts` of `GET /api/port-conflicts`. */
export function portConflicts(services: readonly DeclaresPorts[]): Record<string, string[]> {
  const holders = new Map<number, Set<string>>();
  for (const { name, ports } of services) {
    for (const port of ports) holders.set(port, (holders.get(port) ?? new Set()).add(name));
  }
  const conflicts = [...holders].filter(([, names]) => names.size > 1).sort(([a], [b]) => a - b);
  return Object.fromEntries(conflicts.map(([port, names]) => [String(port), [...names]]));
}

/** Conflicts of one definition with others; a definition of its own name does not count. */
export function conflictsOf(spec: DeclaresPorts, others: readonly DeclaresPorts[]): PortConflict[] {
  return spec.ports.flatMap((port, index) => {
    const holders = others.filter((other) => other.name !== spec.name && other.ports.includes(port));
    return holders.length === 0 ? [] : [{ port, index, services: holders.map(({ name }) => name) }];
  });
}

/** "Port 8000 is also declared by "api" and "web"". */
export function conflictWords({ port, services }: PortConflict): string {
  return `port ${port} is also declared by ${services.map((name) => `"${name}"`).join(" and ")}`;
}
