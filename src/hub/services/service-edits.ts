// Adding, changing and deleting definitions: the store first, then the agent, then everybody who looks.
import type { SpecProblem } from "../../contract/agent.ts";
import { TailherdError, toFieldIssues, type FieldIssue } from "../../contract/errors.ts";
import { serviceSpecSchema, type ServiceRecord, type ServiceSpec } from "../../contract/service.ts";
import { portsOf } from "../../contract/sockets.ts";
import { SECOND } from "../../base/units.ts";
import { placedOn, placementWarnings } from "../agents/placement.ts";
import { specOf } from "../store/spec-of.ts";
import type { Actor, DefinitionPut, Expectation, WriteOutcome } from "../store/store.ts";
import { conflictsOf, conflictWords } from "../transfer/port-conflicts.ts";
import { dependencyIssues, dependencyWarnings } from "./dependency-rules.ts";
import { noSuchService } from "./catalog.ts";
import { mergePatch } from "./merge-patch.ts";
import { ALL_INSTANCES, type ServiceActs, type ServiceParts } from "./service-acts.ts";

/** Milliseconds that an agent may think about a definition before it is answered without its opinion. */
const OPINION_DEADLINE = 2 * SECOND;
/** How often a patch is laid anew over a definition that changed meanwhile. */
const PATCH_ATTEMPTS = 5;

/** What a caller expects to change: the revision of If-Match, or nothing. */
export type Match = number | undefined;

/** What a replacement may meet; present: any revision, but one. */
export type PutExpectation = Expectation | { kind: "present" };

/** Edits of definitions. */
export class ServiceEdits {
  private readonly parts: ServiceParts;
  private readonly acts: ServiceActs;

  constructor(parts: ServiceParts, acts: ServiceActs) {
    this.parts = parts;
    this.acts = acts;
  }

  /** Rejects with `name_taken`. Port conflicts are the caller's to judge, since the two routes answer them differently. */
  async add(spec: ServiceSpec, actor: Actor): Promise<ServiceRecord> {
    return await this.parts.queue.run(spec.name, () => this.write(spec, { kind: "absent" }, actor));
  }

  /** Replaces, or adds. Rejects with `revision_conflict`, `owned_by_file`, `invalid` for ports of others. */
  async put(spec: ServiceSpec, expect: PutExpectation, actor: Actor): Promise<ServiceRecord> {
    return await this.parts.queue.run(spec.name, async () => {
      this.refuseConflicts(spec);
      if (expect.kind !== "present") return await this.write(spec, expect, actor);
      const record = this.parts.catalog.get(spec.name);
      if (record === undefined) throw noSuchService(spec.name);
      return await this.write(spec, { kind: "revision", revision: record.revision }, actor);
    });
  }

  /** Lays a merge patch over the saved definition. Rejects as `put`, and with `not_found`. */
  async patch(name: string, patch: Record<string, unknown>, match: Match, actor: Actor): Promise<ServiceRecord> {
    return await this.parts.queue.run(name, async () => {
      for (let attempt = 1; ; attempt++) {
        const before = this.parts.catalog.require(name);
        const spec = patched(before, patch);
        this.refuseConflicts(spec);
        try {
          return await this.write(spec, { kind: "revision", revision: match ?? before.revision }, actor);
        } catch (error) {
          const overtaken = error instanceof TailherdError && error.code === "revision_conflict";
          if (!overtaken || match !== undefined || attempt === PATCH_ATTEMPTS) throw error;
        }
      }
    });
  }

  /** Stops it, then forgets it. Rejects with `not_found`, `owned_by_file`, `act_failed` when it could not be stopped. */
  async delete(name: string, actor: Actor, match?: Match): Promise<void> {
    const { store, catalog, dependencies } = this.parts;
    const record = catalog.require(name);
    if (record.owner !== null) throw owned(name, record.owner);
    dependencies.refuseRemoval(name);
    if (match !== undefined && match !== record.revision) throw obstacle(name, { outcome: "revision_differs", record });
    await this.stopWhereReached(name, actor);
    await this.parts.queue.run(name, async () => {
      const deleted = await store.deleteService(name, actor);
      if (deleted.outcome === "absent") return;
      settle(name, deleted);
      await this.dismiss(record, actor);
    });
  }

  /** Takes over what a plan or an import stored: catalog, agent, live views. Whoever changed or deleted one of them since has had the last word. */
  async adoptStored(records: readonly ServiceRecord[], actor: Actor): Promise<void> {
    for (const { name } of records) {
      await this.parts.queue.run(name, async () => {
        // As it is by now: somebody may have acted on it, changed or deleted it since it was stored.
        const record = await this.parts.store.getService(name);
        if (record !== undefined) await this.spread(record, actor);
      });
    }
  }

  /** The definitions that name a server, as they should be once it has another name; for the transaction that gives it that. */
  async renamingServer(before: string, after: string): Promise<DefinitionPut[]> {
    const naming = (await this.parts.store.listServices()).filter(({ placement }) =>
      placement.servers.includes(before),
    );
    return naming.map((record) => {
      const servers = record.placement.servers.map((name) => (name === before ? after : name));
      const placement = { ...record.placement, servers: [...new Set(servers)] };
      const expect = { kind: "revision", revision: record.revision } as const;
      return { change: "put", spec: { ...specOf(record), placement }, owner: record.owner, expect };
    });
  }

  /** Takes over what was stored with a server's new name: at once, so that no service is looked for under the old one; then agents are told. */
  async adoptRenamed(records: readonly ServiceRecord[], actor: Actor): Promise<void> {
    const { catalog, deployment, board, announcer, queue } = this.parts;
    for (const record of records) {
      const before = catalog.get(record.name);
      // Deleted, or changed again since.
      if (before === undefined || before.revision > record.revision) continue;
      catalog.put(record);
      deployment.reconsider(record.name);
      board.touch(record.name);
      announcer.stored(record, before, actor);
    }
    for (const { name } of records) {
      await queue.run(name, async () => {
        const record = catalog.get(name);
        if (record !== undefined) await deployment.push(record, deployment.serversOf(name));
      });
    }
  }

  /** Takes over that a plan deleted a definition: the agent stops what ran of it. */
  async adoptRemoved(name: string, actor: Actor): Promise<void> {
    const { store, catalog } = this.parts;
    await this.parts.queue.run(name, async () => {
      const record = catalog.get(name);
      // Somebody else may have added it again since.
      if (record === undefined || (await store.getService(name)) !== undefined) return;
      await this.dismiss(record, actor);
    });
  }

  /** Ports that other definitions declare, which this one did not declare before. */
  conflicts(spec: ServiceSpec): FieldIssue[] {
    const { catalog } = this.parts;
    const record = catalog.get(spec.name);
    const before = record === undefined ? [] : portsOf(record);
    return conflictsOf(spec, catalog.all())
      .filter(({ port }) => !before.includes(port))
      .map((conflict) => ({ path: conflict.path, message: conflictWords(conflict) }));
  }

  /** What the machine thinks of a definition that was saved all the same, in words; `among`: saved or planned with it. */
  async warnings(spec: ServiceSpec, among: readonly ServiceSpec[] = []): Promise<string[]> {
    const { book } = this.parts;
    const placed = placedOn(spec.placement, book.stored());
    const opinions = await Promise.all(placed.map((id) => this.opinion(spec, id, placed.length > 1)));
    const waits = this.waits(spec, among).map(({ path, message }) => `${path} ${message}`);
    return [...placementWarnings(spec.placement, book.stored()), ...waits, ...new Set(opinions.flat())];
  }

  /** What it depends on that there is not, that makes a cycle, or that will keep it waiting. */
  dependencyProblems(spec: ServiceSpec): SpecProblem[] {
    const errors = dependencyIssues(spec, this.parts.dependencies.with([spec]));
    return [
      ...errors.map((issue) => ({ ...issue, severity: "error" as const })),
      ...this.waits(spec, []).map((issue) => ({ ...issue, severity: "warning" as const })),
    ];
  }

  private waits(spec: ServiceSpec, among: readonly ServiceSpec[]): FieldIssue[] {
    const { catalog } = this.parts;
    return dependencyWarnings(spec, (name) => {
      const record = catalog.get(name);
      const planned = among.find((other) => other.name === name);
      return planned === undefined ? record : { ...record, ...planned };
    });
  }

  private async opinion(spec: ServiceSpec, serverId: string, several: boolean): Promise<string[]> {
    const { agents, book } = this.parts;
    const name = book.nameOf(serverId) ?? serverId;
    try {
      const { problems } = await agents.call(serverId, "check_spec", { spec }, { deadline: OPINION_DEADLINE });
      const where = several ? `${name}: ` : "";
      return problems.map(
        ({ path, message }) => `${where}${path === "" ? message : `${named(path, spec)}: ${message}`}`,
      );
    } catch {
      return [`${name} could not be asked whether the definition fits it`];
    }
  }

  /** A server that is away keeps no service from being deleted: it is told when it comes back. */
  private async stopWhereReached(name: string, actor: Actor): Promise<void> {
    const { deployment, agents } = this.parts;
    if (deployment.serversOf(name).some((id) => agents.isOpen(id))) {
      await this.acts.act(name, "stop", ALL_INSTANCES, actor);
    }
  }

  private refuseConflicts(spec: ServiceSpec): void {
    if (!this.parts.catalog.settings.check_port_conflicts) return;
    const issues = this.conflicts(spec);
    if (issues.length === 0) return;
    throw new TailherdError(
      "invalid",
      `Cannot save "${spec.name}": ${issues.map(({ message }) => message).join("; ")}`,
      {
        issues,
      },
    );
  }

  private async write(spec: ServiceSpec, expect: Expectation, actor: Actor): Promise<ServiceRecord> {
    const isNew = this.parts.catalog.get(spec.name) === undefined;
    const options = isNew && spec.autostart ? { desired: "running" as const } : {};
    // Until it is in the catalog.
    using claim = this.parts.dependencies.claim(spec);
    void claim;
    const record = settle(spec.name, await this.parts.store.putService(spec, expect, actor, options));
    await this.spread(record, actor);
    return record;
  }

  private async spread(record: ServiceRecord, actor: Actor): Promise<void> {
    const { catalog, deployment, board, announcer } = this.parts;
    const before = catalog.get(record.name);
    const placed = deployment.serversOf(record.name);
    catalog.put(record);
    deployment.reconsider(record.name);
    board.touch(record.name);
    announcer.stored(record, before, actor);
    await deployment.push(record, placed);
  }

  /** Of a definition that the store no longer has. An agent that cannot be told now is told again later. */
  private async dismiss(record: ServiceRecord, actor: Actor): Promise<void> {
    const { catalog, deployment, board, announcer } = this.parts;
    const servers = deployment.serversOf(record.name);
    // Forgotten before the agent is told: a push of everything meanwhile must not bring it back there.
    catalog.delete(record.name);
    deployment.reconsider(record.name);
    try {
      await deployment.remove(record.name, servers, actor.principal);
    } finally {
      board.touch(record.name);
      announcer.deleted(record, actor);
    }
  }
}

/** "checks.web.port" of "checks.0.port": people know checks by their names. */
function named(path: string, { checks }: ServiceSpec): string {
  return path.replace(/^checks\.(\d+)/, (all, at: string) => {
    const name = checks[Number(at)]?.name;
    return name === undefined ? all : `checks.${name}`;
  });
}

function patched(before: ServiceRecord, patch: Record<string, unknown>): ServiceSpec {
  const checked = serviceSpecSchema.safeParse(mergePatch(specOf(before), patch));
  if (!checked.success) {
    const issues = toFieldIssues(checked.error);
    throw new TailherdError("invalid", `Cannot change "${before.name}": ${summary(issues)}`, { issues });
  }
  if (checked.data.name !== before.name) throw renamed(before.name);
  return checked.data;
}

/** "ports.0: must be…", for a sentence; the issues themselves stand beside it. */
export function summary(issues: readonly FieldIssue[]): string {
  return issues.map(({ path, message }) => (path === "" ? message : `${path} ${message}`)).join("; ");
}

/** The refusal for a body that names another service than the path. */
export function renamed(name: string): TailherdError {
  const issues = [{ path: "name", message: `must be "${name}": a service keeps its name` }];
  return new TailherdError("invalid", `Cannot rename "${name}": add it under the new name and delete this one`, {
    issues,
  });
}

function owned(name: string, owner: string): TailherdError {
  return new TailherdError("owned_by_file", `Cannot change "${name}": the file ${owner} owns it; change it there`);
}

/** The record of a write that went through; throws what stood in its way. */
function settle(name: string, written: WriteOutcome): ServiceRecord {
  if (written.outcome === "stored") return written.record;
  throw obstacle(name, written);
}

function obstacle(name: string, written: Exclude<WriteOutcome, { outcome: "stored" }>): TailherdError {
  if (written.outcome === "absent") return noSuchService(name);
  if (written.outcome === "owned") return owned(name, written.owner);
  if (written.outcome === "exists") {
    return new TailherdError("name_taken", `Cannot add "${name}": there is a service of that name`);
  }
  return new TailherdError(
    "revision_conflict",
    `Cannot save "${name}": somebody changed it meanwhile (it is at revision ${written.record.revision})`,
  );
}
