// Runs of tasks in SQLite: a row each, however often it is told.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  MAX_RUN_OUTPUT,
  RUNS_KEPT_OF_TASK,
  type RunOutcome,
  type TaskRun,
  type TaskRunDetail,
} from "../../contract/task.ts";
import { lastOf } from "../../base/tail-text.ts";
import type { RunQuery } from "./store.ts";

interface Row {
  id: string;
  due_at: number;
  body: string;
}

/** Rows dropped in one transaction. */
const DROP_STEP = 2000;
/** So many more than are kept may gather before the oldest are dropped together. */
const SLACK = 100;
/** So many of the newest are looked at for one that began. */
const LOOKED_AT = 100;
/** How far a run has come; what is told late does not take it back. */
const STAGES: Record<RunOutcome, number> = { waiting: 0, running: 1, unknown: 2, done: 3, failed: 3, skipped: 3 };

/** Methods that change something run inside a transaction of the writer. */
export class SqliteRuns {
  private readonly db: DatabaseSync;
  private readonly statements: Record<
    "one" | "output" | "insert" | "update" | "count" | "trim" | "forget" | "drop" | "last" | "lastBegun" | "lastDone",
    StatementSync
  >;
  private readonly pages = new Map<string, StatementSync>();
  /** Rows of each task, once it was counted. */
  private readonly counts = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.db = db;
    // Not all: those of one that is refused each minute would be read for long.
    const some = `SELECT id, due_at, body FROM task_run WHERE task = ? ORDER BY due_at DESC, id DESC LIMIT ${LOOKED_AT}`;
    const newest = "ORDER BY due_at DESC, id DESC LIMIT 1";
    this.statements = {
      one: db.prepare("SELECT id, due_at, body FROM task_run WHERE id = ?"),
      output: db.prepare("SELECT body, output, output_dropped FROM task_run WHERE id = ? AND task = ?"),
      insert: db.prepare(
        "INSERT INTO task_run (id, task, server_id, due_at, body, output, output_dropped) VALUES (?, ?, ?, ?, ?, ?, ?)",
      ),
      update: db.prepare("UPDATE task_run SET body = ?, output = ?, output_dropped = ? WHERE id = ?"),
      count: db.prepare("SELECT count(*) AS count FROM task_run WHERE task = ?"),
      trim: db.prepare(
        "DELETE FROM task_run WHERE id IN (SELECT id FROM task_run WHERE task = ? ORDER BY due_at, id LIMIT ?)",
      ),
      forget: db.prepare("DELETE FROM task_run WHERE task = ?"),
      drop: db.prepare(
        `DELETE FROM task_run WHERE id IN (SELECT id FROM task_run WHERE due_at < ? LIMIT ${DROP_STEP})`,
      ),
      last: db.prepare(`SELECT id, due_at, body FROM task_run WHERE task = ? ${newest}`),
      lastBegun: db.prepare(`SELECT id, due_at, body FROM (${some}) WHERE body ->> 'outcome' <> 'skipped' ${newest}`),
      lastDone: db.prepare(`SELECT id, due_at, body FROM (${some}) WHERE body ->> 'outcome' = 'done' ${newest}`),
    };
  }

  note(runs: readonly TaskRunDetail[]): TaskRun[] {
    return runs.flatMap((run) => this.noteOne(run) ?? []);
  }

  list({ task, server, limit, before }: RunQuery): { runs: TaskRun[]; next: string | null } {
    const conditions = ["task = ?"];
    const values: SQLInputValue[] = [task];
    if (server !== undefined) {
      conditions.push("server_id = ?");
      values.push(server);
    }
    const [due, id] = readCursor(before);
    if (before !== undefined) {
      conditions.push("(due_at, id) < (?, ?)");
      values.push(due, id);
    }
    const sql = `SELECT id, due_at, body FROM task_run WHERE ${conditions.join(" AND ")} ORDER BY due_at DESC, id DESC LIMIT ?`;
    const page = this.pages.get(sql) ?? this.db.prepare(sql);
    this.pages.set(sql, page);
    const rows = page.all(...values, limit + 1) as unknown as Row[];
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { runs: rows.slice(0, limit).map(toRun), next: last === undefined ? null : `${last.due_at}:${last.id}` };
  }

  get(task: string, id: string): TaskRunDetail | undefined {
    const row = this.statements.output.get(id, task) as
      | { body: string; output: string; output_dropped: number }
      | undefined;
    if (row === undefined) return undefined;
    const { body, output, output_dropped } = row;
    return { ...(JSON.parse(body) as TaskRun), output, output_dropped };
  }

  last(tasks: readonly string[]): TaskRun[] {
    return tasks.flatMap((task) => {
      const last = this.statements.lastBegun.get(task) ?? this.statements.last.get(task);
      const done = this.statements.lastDone.get(task);
      const rows = [last, done?.id === last?.id ? undefined : done].filter((row) => row !== undefined);
      return rows.map((row) => toRun(row as unknown as Row));
    });
  }

  forget(task: string): void {
    this.statements.forget.run(task);
    this.counts.delete(task);
  }

  /** Drops some of what is older; false when nothing is left to drop. */
  dropSome(time: number): boolean {
    this.counts.clear();
    return Number(this.statements.drop.run(time).changes) >= DROP_STEP;
  }

  private noteOne({ output, output_dropped, ...run }: TaskRunDetail): TaskRun | undefined {
    const row = this.statements.one.get(run.id) as unknown as Row | undefined;
    const body = JSON.stringify(run);
    const text = lastOf(output, MAX_RUN_OUTPUT);
    const dropped = output_dropped + output.length - text.length;
    if (row === undefined) {
      this.statements.insert.run(run.id, run.task, run.server_id, Date.parse(run.due_at), body, text, dropped);
      this.trim(run.task);
      return run;
    }
    const before = toRun(row);
    // Of a time that was missed, and is made up for after all; and what was told of it before is not told against it.
    const madeUp = before.outcome === "skipped" && run.started_at !== null;
    if (run.outcome === "skipped" && before.started_at !== null) return undefined;
    const older = STAGES[run.outcome] - STAGES[before.outcome] || run.attempt - before.attempt;
    // An id is its server's: nobody else can change what is stored under it.
    if (
      row.body === body ||
      before.server_id !== run.server_id ||
      (!madeUp && (older < 0 || (before.ended_at !== null && STAGES[before.outcome] === 3)))
    )
      return undefined;
    this.statements.update.run(body, text, dropped, run.id);
    return run;
  }

  private trim(task: string): void {
    const counted = this.counts.get(task);
    const count = counted === undefined ? Number(this.statements.count.get(task)?.count ?? 0) : counted + 1;
    this.counts.set(task, count);
    if (count < RUNS_KEPT_OF_TASK + SLACK) return;
    this.statements.trim.run(task, count - RUNS_KEPT_OF_TASK);
    this.counts.set(task, RUNS_KEPT_OF_TASK);
  }
}

function toRun({ body }: Pick<Row, "body">): TaskRun {
  return JSON.parse(body) as TaskRun;
}

/** Of `next`: "DUE:ID". */
function readCursor(before: string | undefined): [number, string] {
  const [, due = "0", id = ""] = /^(\d{1,15}):(.*)$/.exec(before ?? "") ?? [];
  return [Number(due), id];
}
