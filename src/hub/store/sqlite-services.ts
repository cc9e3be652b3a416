// Definitions, their saved revisions and desired states in SQLite. Reads are answered from a copy in memory, read from the
// database at start and after each commit: one hub owns the file. (An implementation for several hubs asks its database.)
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { TailherdError } from "../../contract/errors.ts";
import type { WishAction } from "../../contract/operations.ts";
import type { DesiredState, ServiceRecord, ServiceSpec } from "../../contract/service.ts";
import { specOf } from "./spec-of.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor, Expectation, PlanChange, WriteOutcome } from "./store.ts";
import { type ActedOn, fitWish, wishAfter, wishOf, type Wish } from "./wish.ts";

/** Saved revisions kept of each service. */
const REVISIONS_KEPT = 50;

interface Row {
  name: string;
  revision: number;
  spec: string;
  desired: DesiredState;
  /** JSON. */
  stopped_instances: string;
  stopped_servers: string;
  owner: string | null;
  created_at: number;
  updated_at: number;
}

/** A change of a plan that concerns a definition. */
export type ServiceChange = Extract<PlanChange, { change: "put" | "delete" }>;

/** What a write changes beside the definition; left out stays. */
export interface PutOptions {
  desired?: DesiredState;
  owner?: string | null;
}

/** Methods without `Promise` run inside a transaction of the writer. */
export class SqliteServices {
  private readonly audit: AuditWriter;
  private readonly now: () => number;
  private readonly statements: ReturnType<typeof prepare>;
  private records: readonly ServiceRecord[] = [];
  private byName = new Map<string, ServiceRecord>();
  private stale = true;

  constructor(db: DatabaseSync, audit: AuditWriter, now: () => number) {
    this.statements = prepare(db);
    this.audit = audit;
    this.now = now;
  }

  /** To be called after each commit; the copy is read again only when a definition changed. */
  committed(): void {
    if (this.stale) this.load();
  }

  /** Reads everything; throws where a stored document cannot be read. */
  load(): void {
    const known = this.byName;
    const rows = this.statements.all.all() as unknown as Row[];
    this.records = rows.map((row) => {
      const before = known.get(row.name);
      return before !== undefined && isSame(before, row) ? before : deepFreeze(toRecord(row));
    });
    this.byName = new Map(this.records.map((record) => [record.name, record]));
    this.stale = false;
  }

  list(): ServiceRecord[] {
    return [...this.records];
  }

  get(name: string): ServiceRecord | undefined {
    return this.byName.get(name);
  }

  revision(name: string, revision: number): ServiceSpec | undefined {
    const row = this.statements.revision.get(name, revision) as { spec: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.spec) as ServiceSpec);
  }

  put(spec: ServiceSpec, expect: Expectation, actor: Actor, options: PutOptions): WriteOutcome {
    const before = this.read(spec.name);
    const refused = unmet(before, expect) ?? notOwned(before, options.owner);
    if (refused !== undefined) return refused;
    return { outcome: "stored", record: this.save(spec, before, actor, options) };
  }

  setDesired(
    name: string,
    action: WishAction,
    on: ActedOn,
    actor: Actor,
    at?: number,
  ): WriteOutcome | { outcome: "overtaken" } {
    const before = this.read(name);
    if (before === undefined) return { outcome: "absent" };
    if (!this.noteWish(name, on.server ?? "", at)) return { outcome: "overtaken" };
    const wish = wishAfter(before, action, on, before.instances);
    if (!isDeepStrictEqual(wishOf(before), wish)) {
      this.statements.setDesired.run(...wishColumns(wish), name);
      this.stale = true;
    }
    const target = `${name}${on.index === null ? "" : `/${on.index}`}${on.server === null ? "" : `@${on.server}`}`;
    this.audit(actor, action, target, wishOf(before), wish);
    return { outcome: "stored", record: { ...before, ...wish } };
  }

  /** False where somebody wished something of it after `at`: what is told late does not count any more. */
  private noteWish(name: string, server: string, at: number | undefined): boolean {
    const row = this.statements.wished.get(name) as { wished_at: string } | undefined;
    const wished = JSON.parse(row?.wished_at ?? "{}") as Record<string, number>;
    const last = Math.max(
      wished[""] ?? 0,
      server === "" ? Math.max(0, ...Object.values(wished)) : (wished[server] ?? 0),
    );
    if (at !== undefined && at < last) return false;
    const time = at ?? this.now();
    const after = server === "" ? { "": time } : { ...wished, [server]: time };
    this.statements.setWished.run(JSON.stringify(after), name);
    return true;
  }

  delete(name: string, actor: Actor): WriteOutcome {
    const before = this.read(name);
    if (before === undefined) return { outcome: "absent" };
    if (before.owner !== null) return { outcome: "owned", owner: before.owner };
    return { outcome: "stored", record: this.remove(before, actor) };
  }

  /** Part of a plan. Throws `revision_conflict` when the expectation is not met: the plan was made from something older. */
  commit(change: ServiceChange, actor: Actor): ServiceRecord | undefined {
    const name = change.change === "put" ? change.spec.name : change.name;
    const before = this.read(name);
    if (unmet(before, change.expect ?? { kind: "any" }) !== undefined) {
      throw new TailherdError("revision_conflict", `Cannot save the plan: "${name}" was changed meanwhile; plan again`);
    }
    if (change.change === "put") return this.save(change.spec, before, actor, change);
    if (before !== undefined) this.remove(before, actor);
    return undefined;
  }

  private save(spec: ServiceSpec, before: ServiceRecord | undefined, actor: Actor, options: PutOptions): ServiceRecord {
    const now = this.now();
    const body = JSON.stringify(spec);
    const desired = options.desired ?? before?.desired ?? (spec.autostart ? "running" : "stopped");
    const { stopped_instances = [], stopped_servers = [] } = before ?? {};
    const wish = fitWish({ desired, stopped_instances, stopped_servers }, spec.instances);
    const owner = options.owner === undefined ? (before?.owner ?? null) : options.owner;
    const sameSpec = before !== undefined && isDeepStrictEqual(specOf(before), JSON.parse(body));
    if (sameSpec && isDeepStrictEqual(wishOf(before), wish) && before.owner === owner) return before;
    const revision = before === undefined ? 1 : before.revision + (sameSpec ? 0 : 1);
    this.stale = true;
    const wished = wishColumns(wish);
    if (before === undefined) this.statements.insert.run(spec.name, revision, body, ...wished, owner, now, now);
    else this.statements.update.run(revision, body, ...wished, owner, now, spec.name);
    if (!sameSpec) {
      this.statements.insertRevision.run(spec.name, revision, body, now);
      this.statements.dropRevisions.run(spec.name, revision - REVISIONS_KEPT);
    }
    const record = this.read(spec.name);
    if (record === undefined) throw new Error(`Service "${spec.name}" vanished inside its own transaction`);
    this.audit(actor, before === undefined ? "service.add" : "service.change", spec.name, before ?? null, record);
    return record;
  }

  private remove(before: ServiceRecord, actor: Actor): ServiceRecord {
    this.stale = true;
    this.statements.delete.run(before.name);
    this.audit(actor, "service.delete", before.name, before, null);
    return before;
  }

  /** As this transaction sees it, which the copy in memory does not show yet. */
  private read(name: string): ServiceRecord | undefined {
    const row = this.statements.one.get(name) as unknown as Row | undefined;
    return row === undefined ? undefined : deepFreeze(toRecord(row));
  }
}

function prepare(
  db: DatabaseSync,
): Record<
  | "all"
  | "one"
  | "revision"
  | "wished"
  | "setWished"
  | "insert"
  | "update"
  | "setDesired"
  | "delete"
  | "insertRevision"
  | "dropRevisions",
  StatementSync
> {
  const columns = "name, revision, spec, desired, stopped_instances, stopped_servers, owner, created_at, updated_at";
  return {
    all: db.prepare(`SELECT ${columns} FROM service ORDER BY id`),
    one: db.prepare(`SELECT ${columns} FROM service WHERE name = ?`),
    revision: db.prepare("SELECT spec FROM service_revision WHERE service = ? AND revision = ?"),
    wished: db.prepare("SELECT wished_at FROM service WHERE name = ?"),
    setWished: db.prepare("UPDATE service SET wished_at = ? WHERE name = ?"),
    insert: db.prepare(`INSERT INTO service (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    update: db.prepare(
      `UPDATE service SET revision = ?, spec = ?, desired = ?, stopped_instances = ?, stopped_servers = ?, owner = ?,
       updated_at = ?
       WHERE name = ?`,
    ),
    setDesired: db.prepare("UPDATE service SET desired = ?, stopped_instances = ?, stopped_servers = ? WHERE name = ?"),
    delete: db.prepare("DELETE FROM service WHERE name = ?"),
    insertRevision: db.prepare("INSERT INTO service_revision (service, revision, spec, saved_at) VALUES (?, ?, ?, ?)"),
    dropRevisions: db.prepare("DELETE FROM service_revision WHERE service = ? AND revision <= ?"),
  };
}

function wishColumns({ desired, stopped_instances, stopped_servers }: Wish): [string, string, string] {
  return [desired, JSON.stringify(stopped_instances), JSON.stringify(stopped_servers)];
}

function unmet(before: ServiceRecord | undefined, expect: Expectation): WriteOutcome | undefined {
  if (expect.kind === "absent" && before !== undefined) return { outcome: "exists" };
  if (expect.kind !== "revision") return undefined;
  if (before === undefined) return { outcome: "absent" };
  return before.revision === expect.revision ? undefined : { outcome: "revision_differs", record: before };
}

function notOwned(before: ServiceRecord | undefined, owner: string | null | undefined): WriteOutcome | undefined {
  if (before === undefined || before.owner === null || before.owner === owner) return undefined;
  return { outcome: "owned", owner: before.owner };
}

function toRecord(row: Row): ServiceRecord {
  return {
    ...(JSON.parse(row.spec) as ServiceSpec),
    revision: row.revision,
    desired: row.desired,
    stopped_instances: JSON.parse(row.stopped_instances) as number[],
    stopped_servers: JSON.parse(row.stopped_servers) as string[],
    owner: row.owner,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

function isSame(record: ServiceRecord, row: Row): boolean {
  return (
    record.revision === row.revision &&
    record.desired === row.desired &&
    JSON.stringify(record.stopped_instances) === row.stopped_instances &&
    JSON.stringify(record.stopped_servers) === row.stopped_servers &&
    record.owner === row.owner &&
    Date.parse(record.created_at) === row.created_at &&
    Date.parse(record.updated_at) === row.updated_at
  );
}

/** Records are handed out as they lie in memory; a caller that writes into one is told at once. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
