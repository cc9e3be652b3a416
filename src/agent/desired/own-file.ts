// A locked agent: its machine's own file decides what may run and how; the hub only starts, stops and restarts that. Pure: from what
// the file declares and what the hub wishes to what the supervisor gets.
import type { DesiredService, SpecProblem } from "../../contract/agent.ts";
import { type ServiceSpec, serviceSpecSchema } from "../../contract/service.ts";

/** Why a service of the hub's does not run on a locked agent: its reason in the status. */
export const NOT_DECLARED = "this server is locked: its file does not declare it";
/** The revision of services that only the file knows; the hub's begin at 1. */
const NO_REVISION = 0;

/** A service as the supervisor gets it. */
export interface WantedService extends DesiredService {
  /** Why it may not run here; then nothing of its definition counts but its name. */
  refused?: string;
}

/** What the file of a locked agent declares. */
export class OwnFile {
  private readonly declared: ReadonlyMap<string, ServiceSpec>;

  constructor(services: readonly ServiceSpec[]) {
    this.declared = new Map(services.map((spec) => [spec.name, withPolicy(spec)]));
  }

  declares(service: string): boolean {
    return this.declared.has(service);
  }

  /** A wish of the hub: what the file declares runs as the file says it, anything else is refused. */
  meet(wish: DesiredService): WantedService {
    const spec = this.declared.get(wish.spec.name);
    return spec === undefined ? refusal(wish) : { ...wish, spec };
  }

  /** All wishes of the hub, and what the file starts whether the hub knows it or not. */
  meetAll(wishes: readonly DesiredService[]): WantedService[] {
    const met = wishes.map((wish) => this.meet(wish));
    const known = new Set(wishes.map(({ spec }) => spec.name));
    return [...met, ...this.alone().filter(({ spec }) => !known.has(spec.name))];
  }

  /** What the agent kept, at its next start: the file may be another one by now. */
  restore(kept: readonly DesiredService[]): WantedService[] {
    return this.meetAll(kept.filter(({ revision }) => revision !== NO_REVISION));
  }

  /** The service without the hub: when the file starts it by itself. */
  aloneOf(service: string): WantedService | undefined {
    return this.alone().find(({ spec }) => spec.name === service);
  }

  /** What a person who saves a definition for this server is told. */
  problems(spec: ServiceSpec): SpecProblem[] {
    if (!this.declares(spec.name)) return [{ path: "", message: NOT_DECLARED, severity: "error" }];
    const message = "this server is locked: what runs there is what its own file says, not this definition";
    return [{ path: "", message, severity: "warning" }];
  }

  private alone(): WantedService[] {
    return [...this.declared.values()]
      .filter(({ autostart }) => autostart)
      .map((spec) => ({ spec, revision: NO_REVISION, desired: "running", stopped_instances: [] }));
  }
}

/** Nothing of the hub's definition is left that could run, or match a process of somebody else's and stop it. */
function refusal({ spec, revision }: DesiredService): WantedService {
  const nothing = serviceSpecSchema.parse({ name: spec.name, start_cmd: ":" });
  return { spec: nothing, revision, desired: "stopped", stopped_instances: [], refused: NOT_DECLARED };
}

/** A file that leaves the policy open means what the hub's setting means at first. */
function withPolicy(spec: ServiceSpec): ServiceSpec {
  return { ...spec, restart: { ...spec.restart, policy: spec.restart.policy ?? "on-failure" } };
}
