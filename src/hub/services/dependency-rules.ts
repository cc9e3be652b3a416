// What may depend on what: on services that there are, and never in a circle. Pure functions, and the guard that keeps two changes
// made at the same time from closing a circle between them.
import { cycleIn } from "../../base/dependency-graph.ts";
import { TailherdError, type FieldIssue } from "../../contract/errors.ts";
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";
import type { Catalog } from "./catalog.ts";
import { graphOf, type Depending } from "./graph.ts";

/** What is wrong with what a definition depends on, where `services` is everything as it would be, the definition among it. */
export function dependencyIssues(spec: Depending, services: readonly Depending[]): FieldIssue[] {
  const names = new Set(services.map(({ name }) => name));
  const unknown = Object.keys(spec.depends_on).filter((name) => !names.has(name));
  const issues = unknown.map((name) => ({ path: `depends_on.${name}`, message: `there is no service "${name}"` }));
  const cycle = cycleIn(graphOf(services), spec.name);
  if (cycle === undefined) return issues;
  const message = `makes a cycle, in which nothing could start first: ${cycle.join(" → ")}`;
  return [...issues, { path: `depends_on.${cycle[1]}`, message }];
}

/** Names of the services that depend on one directly. */
export function directDependents(name: string, services: readonly Depending[]): string[] {
  return services.flatMap((other) => (Object.hasOwn(other.depends_on, name) ? [other.name] : []));
}

/** What a definition depends on that will keep it waiting as things are; `find` answers what is known of a service by its name. */
export function dependencyWarnings(
  { depends_on }: Depending,
  find: (name: string) => (Pick<ServiceSpec, "restart" | "autostart"> & Partial<ServiceRecord>) | undefined,
): FieldIssue[] {
  return Object.entries(depends_on).flatMap(([name, { condition }]) => {
    const path = `depends_on.${name}`;
    const other = find(name);
    if (other === undefined) return [];
    if (condition === "completed" && other.restart.policy === "always") {
      return [{ path, message: `never completes: "${name}" is started again after every end (restart policy always)` }];
    }
    const runs = other.desired === undefined ? other.autostart : other.desired === "running";
    if (runs) return [];
    return [{ path, message: `"${name}" is not meant to run now: starts wait until somebody starts it` }];
  });
}

/** Keeps cycles out of the saved definitions. */
export class DependencyGuard {
  private readonly catalog: Catalog;
  /** Definitions that are being saved. */
  private readonly claimed = new Set<Depending>();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** Everything as it would be with these. */
  with(specs: readonly Depending[]): Depending[] {
    const services = new Map<string, Depending>();
    for (const service of [...this.catalog.all(), ...this.claimed, ...specs]) services.set(service.name, service);
    return [...services.values()];
  }

  /** Lets a definition be saved; until disposed it counts as if it were. Throws `invalid`. */
  claim(spec: ServiceSpec): Disposable {
    const issues = dependencyIssues(spec, this.with([spec]));
    if (issues.length > 0) {
      const words = issues.map(({ path, message }) => `${path} ${message}`).join("; ");
      throw new TailherdError("invalid", `Cannot save "${spec.name}": ${words}`, { issues });
    }
    this.claimed.add(spec);
    return { [Symbol.dispose]: () => void this.claimed.delete(spec) };
  }

  /** Throws `depended_on` where another service depends on this one. */
  refuseRemoval(name: string): void {
    const dependents = directDependents(name, this.with([]));
    if (dependents.length === 0) return;
    const words = dependents.map((other) => `"${other}"`).join(", ");
    throw new TailherdError("depended_on", `Cannot delete "${name}": ${words} depends on it; change that first`);
  }
}
