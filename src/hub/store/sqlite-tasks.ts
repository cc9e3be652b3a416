// Scheduled tasks in SQLite, also kept in memory: there are few, and each is read often.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { TailherdError } from "../../contract/errors.ts";
import {
  knownFields,
  NO_FAN_OUT,
  type SettingsTask,
  taskSpecSchema,
  type TaskSpec,
  toSettingsTask,
  unknownFields,
} from "../../contract/task.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor, StoredTask, TaskExpectation, TaskWriteOutcome } from "./store.ts";

interface Row {
  name: string;
  revision: number;
  /** JSON. */
  spec: string;
  unknown: string;
  owner: string | null;
  created_at: number;
  updated_at: number;
}

/** Fields that specs written by older releases have not. */
const ADDED_SINCE: Partial<TaskSpec> = { fan_out: NO_FAN_OUT };

const COLUMNS = "name, revision, spec, unknown, owner, created_at, updated_at";

/** Methods that take an `Actor` run inside a transaction of the writer. */
export class SqliteTasks {
  private readonly audit: AuditWriter;
  private readonly now: () => number;
  private readonly statements: Record<"all" | "one" | "insert" | "update" | "delete", StatementSync>;
  private byName = new Map<string, { row: Row; task: StoredTask; shown: SettingsTask }>();
  private stale = true;

  constructor(db: DatabaseSync, audit: AuditWriter, now: () => number) {
    this.audit = audit;
    this.now = now;
    this.statements = {
      all: db.prepare(`SELECT ${COLUMNS} FROM task ORDER BY id`),
      one: db.prepare(`SELECT ${COLUMNS} FROM task WHERE name = ?`),
      insert: db.prepare(`INSERT INTO task (${COLUMNS}) VALUES (?, 1, ?, ?, ?, ?, ?)`),
      update: db.prepare(
        "UPDATE task SET revision = ?, spec = ?, unknown = ?, owner = ?, updated_at = ? WHERE name = ?",
      ),
      delete: db.prepare("DELETE FROM task WHERE name = ?"),
    };
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.stale) this.load();
  }

  /** Reads everything; throws where a stored task cannot be read. */
  load(): void {
    const known = this.byName;
    const rows = this.statements.all.all() as unknown as Row[];
    this.byName = new Map(
      rows.map((row) => {
        const before = known.get(row.name);
        if (before !== undefined && isSame(before.row, row)) return [row.name, before];
        const task = toTask(row);
        return [row.name, { row, task, shown: toSettingsTask(task.spec, task.unknown) }];
      }),
    );
    this.stale = false;
  }

  list(): StoredTask[] {
    return [...this.byName.values()].map(({ task }) => task);
  }

  /** The tasks as the settings show them. */
  asSettings(): SettingsTask[] {
    return [...this.byName.values()].map(({ shown }) => shown);
  }

  put(spec: TaskSpec, expect: TaskExpectation, actor: Actor, owner: string | null | undefined): TaskWriteOutcome {
    const before = this.read(spec.name);
    if (before !== undefined && expect === "absent") return { outcome: "exists" };
    if (before === undefined && (expect === "present" || typeof expect === "object")) return { outcome: "absent" };
    if (before !== undefined && before.owner !== null && before.owner !== owner) {
      return { outcome: "owned", owner: before.owner };
    }
    if (before !== undefined && typeof expect === "object" && expect.revision !== before.revision) {
      return { outcome: "conflict", revision: before.revision };
    }
    const kept = owner === undefined ? (before?.owner ?? null) : owner;
    return { outcome: "stored", task: this.save(spec, before?.unknown ?? {}, kept, before, actor) };
  }

  delete(name: string, actor: Actor): TaskWriteOutcome {
    const before = this.read(name);
    if (before === undefined) return { outcome: "absent" };
    if (before.owner !== null) return { outcome: "owned", owner: before.owner };
    this.remove(name, actor);
    return { outcome: "stored", task: before };
  }

  /** Part of a plan: who owns it is not asked. */
  commit(spec: TaskSpec, owner: string | null, actor: Actor): void {
    const before = this.read(spec.name);
    this.save(spec, before?.unknown ?? {}, owner, before, actor);
  }

  /** Part of a plan. */
  remove(name: string, actor: Actor): void {
    const before = this.read(name);
    if (before === undefined) return;
    this.stale = true;
    this.statements.delete.run(name);
    this.audit(actor, "task.delete", name, before.spec, null);
  }

  /** The list as the settings have it: `whole`, or only some of it. Fields that an entry leaves out keep their value. Throws `owned_by_file`. */
  putAll(entries: readonly SettingsTask[], whole: boolean, actor: Actor): void {
    const before = new Map((this.statements.all.all() as unknown as Row[]).map((row) => [row.name, toTask(row)]));
    const named = new Set(entries.map(({ name }) => name));
    for (const [name, task] of before) {
      if (named.has(name) || !whole) continue;
      refuseOwned(task);
      this.remove(name, actor);
    }
    for (const entry of entries) {
      const known = before.get(entry.name);
      const spec = taskSpecSchema.parse({ ...known?.spec, ...knownFields(entry) });
      const unknown = { ...known?.unknown, ...unknownFields(entry) };
      if (known !== undefined && isDeepStrictEqual([spec, unknown], [known.spec, known.unknown])) continue;
      if (known !== undefined) refuseOwned(known);
      this.save(spec, unknown, known?.owner ?? null, known, actor);
    }
  }

  private save(
    spec: TaskSpec,
    unknown: Record<string, unknown>,
    owner: string | null,
    before: StoredTask | undefined,
    actor: Actor,
  ): StoredTask {
    const now = this.now();
    const [body, rest] = [JSON.stringify(spec), JSON.stringify(unknown)];
    const same = before !== undefined && isDeepStrictEqual(before.spec, JSON.parse(body));
    if (same && before.owner === owner && JSON.stringify(before.unknown) === rest) return before;
    this.stale = true;
    if (before === undefined) this.statements.insert.run(spec.name, body, rest, owner, now, now);
    else this.statements.update.run(before.revision + (same ? 0 : 1), body, rest, owner, now, spec.name);
    this.audit(actor, before === undefined ? "task.add" : "task.change", spec.name, before?.spec ?? null, spec);
    const task = this.read(spec.name);
    if (task === undefined) throw new Error(`Task "${spec.name}" vanished inside its own transaction`);
    return task;
  }

  private read(name: string): StoredTask | undefined {
    const row = this.statements.one.get(name) as unknown as Row | undefined;
    return row === undefined ? undefined : toTask(row);
  }
}

function refuseOwned({ spec, owner }: StoredTask): void {
  if (owner === null) return;
  throw new TailherdError(
    "owned_by_file",
    `Cannot change task "${spec.name}": the file ${owner} owns it; change it there`,
  );
}

function isSame(a: Row, b: Row): boolean {
  return (
    a.spec === b.spec &&
    a.unknown === b.unknown &&
    a.owner === b.owner &&
    a.updated_at === b.updated_at &&
    a.created_at === b.created_at
  );
}

function toTask(row: Row): StoredTask {
  return {
    spec: { ...ADDED_SINCE, ...(JSON.parse(row.spec) as TaskSpec) },
    unknown: JSON.parse(row.unknown) as Record<string, unknown>,
    revision: row.revision,
    owner: row.owner,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}
