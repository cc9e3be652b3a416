// All instances of this machine: makes, resizes and removes them as services are desired, and acts on those of one service.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Emitter } from "../../base/emitter.ts";
import { combineResults } from "../../contract/act-results.ts";
import type { ActResult } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { Serving } from "../../contract/standing.ts";
import type { WantedService } from "../desired/own-file.ts";
import type { OutputLog } from "../spool/output-log.ts";
import { Dependencies, type Standings } from "./dependencies.ts";
import { Instance } from "./instance.ts";
import type { InstanceTools } from "./instance-life.ts";
import { readRecord } from "./instance-record.ts";
import { instanceKey, RunDirectory } from "./run-directory.ts";
import { systemWords } from "./system-words.ts";

interface Herded {
  definition: WantedService;
  instances: Instance[];
  /** Changes of its instances, one after the other. */
  changing: Promise<void>;
}

export interface SupervisorTools extends Omit<InstanceTools, "dependencies"> {
  /** Holds all run directories. */
  runRoot: string;
  /** Names the data directory in markers, so that two agents on a machine do not take each other's processes for strays. */
  owner: string;
  openOutput: (directory: RunDirectory, definition: WantedService, index: number) => Promise<OutputLog>;
  removed: (service: string, index: number) => void;
  /** Looks for processes that match keywords, so that none is started beside one that runs. */
  lookAround: () => void;
}

export class Supervisor {
  private readonly tools: SupervisorTools;
  private readonly instanceTools: InstanceTools;
  private readonly dependencies: Dependencies;
  private readonly services = new Map<string, Herded>();
  /** Services of which something changed, until those that depend on them have been told. */
  private stirred = new Set<string>();
  /** Removals that go on: the same name can be added again only after. */
  private readonly leaving = new Map<string, Promise<unknown>>();
  private readonly changes = new Emitter<string>();
  private closed = false;

  constructor(tools: SupervisorTools) {
    this.tools = tools;
    this.dependencies = new Dependencies((service) => this.services.get(service)?.instances.map(servingOf));
    this.instanceTools = {
      ...tools,
      dependencies: this.dependencies,
      changed: (instance) => {
        tools.changed(instance);
        this.stir(instance.service);
      },
    };
  }

  /**
   * Takes over what the agent before left; `reconcile` then brings back what should run. Run directories of no service are cleaned up.
   * A service that cannot be taken over is left as it is until it is set again, and costs no other its agent.
   */
  async restore(definitions: WantedService[]): Promise<void> {
    const failed = await this.setAll(definitions);
    const known = new Set([...this.instances().map(({ directory }) => directory.key), ...failed.flatMap(keysOf)]);
    for (const key of readdirSync(this.tools.runRoot)) {
      const directory = new RunDirectory(this.tools.runRoot, key);
      if (!known.has(key) && existsSync(directory.told)) await this.removeOrphan(directory);
    }
  }

  /** Lets desired and observed meet, for all services or one. Looks first what runs already, started by something else. */
  reconcile(service?: string): void {
    if (this.closed) return;
    this.tools.lookAround();
    for (const instance of service === undefined ? this.instances() : this.instancesOf(service)) instance.reconcile();
  }

  /** The hub told how services that run elsewhere stand; answers what is known of them now. */
  standingsTold(standings: Standings): Standings {
    for (const name of this.dependencies.told(standings)) this.stir(name);
    return this.dependencies.known;
  }

  /** The definitions as they are now. */
  definitions(): WantedService[] {
    return [...this.services.values()].map(({ definition }) => definition);
  }

  /** All instances, or those of one service. */
  instances(service?: string): Instance[] {
    if (service !== undefined) return this.herded(service).instances;
    return [...this.services.values()].flatMap(({ instances }) => instances);
  }

  instance(service: string, index: number): Instance {
    const found = this.instances(service).find((instance) => instance.index === index);
    if (found !== undefined) return found;
    throw new TailherdError(
      "not_found",
      `Cannot find instance ${index} of service "${service}": it has no such instance`,
    );
  }

  /** Instances of a service as they are; none when there is no such service. */
  instancesOf(service: string): Instance[] {
    return this.services.get(service)?.instances ?? [];
  }

  /** Hears of services whose instances came or went. */
  onInstances(listener: (service: string) => void): Disposable {
    return this.changes.on(listener);
  }

  /** Adds or replaces a service; resolves when its instances are there, not when they run or when those too many are gone. */
  set(definition: WantedService): Promise<void> {
    return this.define(definition, () => undefined);
  }

  /** As `set`, of several; answers those that could not be taken over, which is logged. */
  async setAll(definitions: WantedService[]): Promise<WantedService[]> {
    const taken = await Promise.allSettled(definitions.map((definition) => this.set(definition)));
    return definitions.filter((_, at) => taken[at]?.status === "rejected");
  }

  /** Takes over what is desired and acts on it, in one step: all instances, or one. */
  async act(definition: WantedService, action: ServiceAction, index: number | null, by: string): Promise<ActResult> {
    const { name, match_keywords } = definition.spec;
    const { acts } = await this.define(definition, (all) => {
      // A restart is for those that should run: one that was stopped by hand stays so.
      const meant = all.filter(
        (instance) =>
          (action !== "restart" || instance.wish === "running") && (action !== "reload" || instance.isReloadable),
      );
      const instances = index === null ? meant : [this.instance(name, index)];
      if (match_keywords.length > 0) this.tools.lookAround();
      return { acts: instances.map((instance) => instance.act(action, by)) };
    });
    const nothing = action === "reload" ? `Cannot reload ${name}: it does not run` : "it has no instances";
    return combineResults(await Promise.all(acts), nothing);
  }

  /** Stops a service and deletes all of it but its definition's place in desired state, which is the caller's. */
  async remove(service: string, by: string): Promise<ActResult> {
    while (this.leaving.has(service)) await this.leaving.get(service);
    const herded = this.herded(service);
    this.services.delete(service);
    this.stir(service);
    const { instances } = herded;
    const removed = this.change(herded, async () => {
      const leaving = herded.instances;
      herded.instances = [];
      await this.removeAll(leaving, by);
    });
    const left = removed.catch(() => undefined).finally(() => this.leaving.delete(service));
    this.leaving.set(service, left);
    await removed;
    return { outcome: "done", message: `${service} removed`, count: instances.length };
  }

  /** Stops an instance's processes for a moment. */
  freeze(service: string, index: number): Promise<AsyncDisposable> {
    return this.tools.containment.freeze(this.instance(service, index).contained);
  }

  /** Tells the last ends of all instances, oldest first: whoever listens from now on may have missed them. */
  tellEnds(): void {
    const events = this.instances().flatMap((instance) => instance.exits.events());
    for (const event of events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) this.tools.event(event);
  }

  /** Once an interval. */
  tick(): void {
    for (const instance of this.instances()) instance.tick();
  }

  /** Lets go of everything; services go on. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.instances().map((instance) => instance.close()));
  }

  /** At the end of this turn those that wait for it look again. */
  private stir(service: string): void {
    this.stirred.add(service);
    if (this.stirred.size === 1) queueMicrotask(() => this.lookAgain());
  }

  private lookAgain(): void {
    const { stirred } = this;
    this.stirred = new Set();
    if (this.closed) return;
    for (const { definition, instances } of this.services.values()) {
      if (!Object.keys(definition.spec.depends_on).some((name) => stirred.has(name))) continue;
      for (const instance of instances) if (instance.state === "waiting") instance.reconcile();
    }
  }

  private herded(service: string): Herded {
    const herded = this.services.get(service);
    if (herded !== undefined) return herded;
    throw new TailherdError("not_found", `Cannot find service "${service}": this server has no service of that name`);
  }

  private change(herded: Herded, act: () => Promise<void>): Promise<void> {
    const changed = herded.changing.then(act).then(() => this.changes.emit(herded.definition.spec.name));
    herded.changing = changed.catch(() => undefined);
    return changed;
  }

  /** Takes a definition over; `then` is called with its instances in the same step, before anything else can act on them. */
  private async define<T>(definition: WantedService, then: (instances: Instance[]) => T): Promise<T> {
    const { name } = definition.spec;
    // Not even a turn is waited for without need: a removal asked for after this would come first, and this bring it back.
    while (this.leaving.has(name)) await this.leaving.get(name);
    const herded = this.services.get(name) ?? { definition, instances: [], changing: Promise.resolve() };
    herded.definition = definition;
    this.services.set(name, herded);
    const defined = Promise.withResolvers<T>();
    const resized = this.change(herded, async () => {
      const leaving = await this.resize(herded, definition);
      this.changes.emit(name);
      defined.resolve(then(herded.instances));
      // Nobody waits for these, but a service that grows again does.
      await this.removeAll(leaving, "tailherd");
    });
    resized.catch((error: unknown) => {
      defined.reject(error);
      this.tools.logger.error({ service: name, error: String(error) }, "cannot take over a definition wholly");
    });
    return defined.promise;
  }

  /**
   * Makes the instances that are missing; answers those that are too many, which are not its instances any more. When one cannot be
   * made, those before it are kept and the next call begins there.
   */
  private async resize(herded: Herded, definition: WantedService): Promise<Instance[]> {
    const wanted = definition.spec.instances;
    const staying = herded.instances.slice(0, wanted);
    const leaving = herded.instances.slice(wanted);
    for (const instance of staying) instance.define(definition);
    const missing: number[] = [];
    for (let index = staying.length; index < wanted; index += 1) missing.push(index);
    const made = await Promise.allSettled(missing.map((index) => this.make(definition, index)));
    const done = made.map((each) => (each.status === "fulfilled" ? each.value : undefined));
    const whole = done.includes(undefined) ? done.slice(0, done.indexOf(undefined)) : done;
    herded.instances = [...staying, ...whole.filter((instance) => instance !== undefined)];
    // Two would hear the same shim.
    for (const instance of done.slice(whole.length)) await instance?.close();
    const failed = made.find((each) => each.status === "rejected");
    if (failed === undefined) return leaving;
    const { name } = definition.spec;
    const path = join(this.tools.runRoot, instanceKey(name, herded.instances.length));
    throw new TailherdError("act_failed", `Cannot take over ${name}: ${systemWords(failed.reason)} (${path})`);
  }

  private async removeAll(leaving: Instance[], by: string): Promise<void> {
    await Promise.all(leaving.map((instance) => instance.remove(by)));
    for (const instance of leaving) this.tools.removed(instance.service, instance.index);
  }

  private async make(definition: WantedService, index: number): Promise<Instance> {
    const key = instanceKey(definition.spec.name, index);
    const directory = new RunDirectory(this.tools.runRoot, key);
    directory.make();
    const output = await this.tools.openOutput(directory, definition, index);
    const marker = `${this.tools.owner}:${key}`;
    const instance = new Instance({ directory, output, definition, index, marker, tools: this.instanceTools });
    instance.adopt();
    this.instanceTools.changed(instance);
    return instance;
  }

  /** A run directory whose service is not desired any more: removed while we were away, or half removed. */
  private async removeOrphan(directory: RunDirectory): Promise<void> {
    const record = readRecord(directory, this.tools.logger);
    if (record?.run == null) {
      directory.order("quit");
      directory.remove();
      this.tools.containment.remove(directory.key);
      return;
    }
    const { spec, revision } = record.run;
    const definition: WantedService = { spec, revision, desired: "stopped", stopped_instances: [] };
    const instance = await this.make(definition, record.index);
    await instance.remove("tailherd");
    this.tools.removed(instance.service, instance.index);
  }
}

/** What counts of an instance for those that depend on it. */
function servingOf({ state, reason, health, lastExit }: Instance): Serving {
  return { state, reason, ready: health.ready, last_exit: lastExit };
}

/** Names of the run directories that a service may have. */
function keysOf({ spec }: WantedService): string[] {
  return Array.from({ length: spec.instances }, (_, index) => instanceKey(spec.name, index));
}
