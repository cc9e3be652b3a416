// What should run on this server, kept on its own disk: the agent brings it back without a hub.
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { DesiredService } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import { desiredStateSchema, serviceSpecSchema, stoppedInstancesSchema } from "../../contract/service.ts";
import { standingSchema } from "../../contract/standing.ts";
import type { Standings } from "../supervisor/dependencies.ts";
import type { Logger } from "../../runtime/logger.ts";
import { readRecords } from "../supervisor/instance-record.ts";
import { isSystemError, systemWords } from "../supervisor/system-words.ts";
import { KeptFile } from "./kept-file.ts";

const keptSchema = z.object({
  update_interval_ms: z.number().positive(),
  standings: z.record(z.string(), standingSchema.nullable()).default({}),
  services: z.array(
    z.object({
      spec: serviceSpecSchema,
      revision: z.int(),
      desired: desiredStateSchema,
      stopped_instances: stoppedInstancesSchema.default([]),
    }),
  ),
});
export type KeptDesired = z.infer<typeof keptSchema>;

const NOTHING: KeptDesired = { update_interval_ms: 5000, standings: {}, services: [] };

/** Reads at start, then writes each change; a change is answered when it is on the disk for good, and is none when it cannot be. */
export class DesiredStore {
  private readonly file: KeptFile<KeptDesired>;
  private interval = NOTHING.update_interval_ms;
  /** Of services elsewhere. */
  private standings: Standings = {};
  /** By name: as wanted, and as it is on the disk. They differ while a write is under way. */
  private readonly wanted = new Map<string, DesiredService>();
  private readonly kept = new Map<string, DesiredService>();
  private readonly options: { agentDir: string; runRoot: string; clock: Clock; logger: Logger };

  constructor(options: { agentDir: string; runRoot: string; clock: Clock; logger: Logger }) {
    this.options = options;
    this.file = new KeptFile(join(options.agentDir, "desired.json"), keptSchema);
  }

  /** Desired state as kept; where the file is damaged beyond its copy, it is made from what was running. */
  async open(): Promise<KeptDesired> {
    const value = await this.read();
    this.interval = value.update_interval_ms;
    this.standings = value.standings;
    for (const service of value.services) {
      this.wanted.set(service.spec.name, service);
      this.kept.set(service.spec.name, service);
    }
    return value;
  }

  /** Adds, replaces or re-desires one service. Rejects with `disk_full` or `degraded`; then it is as it was before. */
  put(service: DesiredService): Promise<void> {
    return this.change([[service.spec.name, service]]);
  }

  /** Forgets one. Rejects as `put`. */
  delete(name: string): Promise<void> {
    return this.change([[name, undefined]]);
  }

  /** How services elsewhere stand. Rejects as `put`; they are known from now on all the same. */
  putStandings(standings: Standings): Promise<void> {
    this.standings = standings;
    return this.change([]);
  }

  /** All of them at once, and the milliseconds between samples. Rejects as `put`. */
  replace(services: readonly DesiredService[], interval: number, standings?: Standings): Promise<void> {
    this.interval = interval;
    this.standings = standings ?? this.standings;
    const wanted = new Map(services.map((service) => [service.spec.name, service]));
    const names = new Set([...this.wanted.keys(), ...wanted.keys()]);
    return this.change([...names].map((name) => [name, wanted.get(name)]));
  }

  close(): Promise<void> {
    return this.file.settled();
  }

  private async read(): Promise<KeptDesired> {
    const { clock, logger, runRoot } = this.options;
    const read = await this.file.read(clock.now());
    switch (read.outcome) {
      case "read":
        return read.value;
      case "recovered":
        logger.warn(
          { damaged: read.damagedFile },
          "desired state was damaged; the version before it and what runs are used",
        );
        return this.mend({ ...read.value, services: newest(read.value.services, fromRecords(runRoot, logger)) });
      case "lost":
        logger.error({ damaged: read.damagedFile }, "desired state was damaged; it is made anew from what was running");
        return this.mend({ ...NOTHING, services: fromRecords(runRoot, logger) });
      default:
        return NOTHING;
    }
  }

  /** Kept at once: without it the next start would find no service desired, and stop what runs. */
  private async mend(value: KeptDesired): Promise<KeptDesired> {
    await this.file
      .write(() => value)
      .catch((error: unknown) => {
        this.options.logger.error({ error: String(error) }, "cannot keep the desired state that was made anew");
      });
    return value;
  }

  private async change(entries: readonly (readonly [string, DesiredService | undefined])[]): Promise<void> {
    for (const [name, service] of entries) put(this.wanted, name, service);
    try {
      await this.file.write(() => {
        const { interval: update_interval_ms, standings } = this;
        return { update_interval_ms, standings, services: [...this.wanted.values()] };
      });
    } catch (error) {
      for (const [name, service] of entries) {
        // Unless somebody wants it otherwise by now, whose write will tell.
        if (this.wanted.get(name) === service) put(this.wanted, name, this.kept.get(name));
      }
      const full = isSystemError(error, "ENOSPC") || isSystemError(error, "EDQUOT");
      const words = `Cannot keep what is desired on this server, so nothing was done: ${systemWords(error)}`;
      throw new TailherdError(full ? "disk_full" : "degraded", words, { cause: error });
    }
    for (const [name, service] of entries) put(this.kept, name, service);
  }
}

function put<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}

/**
 * What runs was desired, also where the version that could be read is from before it was: rather one too many goes on until the hub
 * tells than one that somebody needs is stopped.
 */
function newest(kept: DesiredService[], running: DesiredService[]): DesiredService[] {
  const services = new Map(kept.map((service) => [service.spec.name, service]));
  for (const service of running) {
    const known = services.get(service.spec.name);
    const { desired, stopped_instances } = service;
    const newer = known === undefined || known.revision < service.revision ? service : known;
    services.set(service.spec.name, { ...newer, desired, stopped_instances });
  }
  return [...services.values()];
}

function fromRecords(runRoot: string, logger: Logger): DesiredService[] {
  const services = new Map<string, DesiredService>();
  const records = readRecords(runRoot, logger);
  for (const { service, run } of records) {
    if (run === null) continue;
    const known = services.get(service);
    if (known !== undefined && known.revision >= run.revision) continue;
    const stopped = records.filter((record) => record.service === service && record.state === "stopped");
    const stopped_instances = stopped.map(({ index }) => index).toSorted((a, b) => a - b);
    services.set(service, { spec: run.spec, revision: run.revision, desired: "running", stopped_instances });
  }
  return [...services.values()];
}
