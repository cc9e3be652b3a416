// Operations in SQLite: one row each, and one for each of its targets, since thousands of those change one by one.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { OperationTarget } from "../../contract/operations.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor, RollingPlan, StoredOperation, TargetChange } from "./store.ts";

type Head = Pick<StoredOperation, "about" | "plan">;

/** Methods that change something run inside a transaction of the writer. */
export class SqliteOperations {
  private readonly audit: AuditWriter;
  private readonly statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync, audit: AuditWriter) {
    this.statements = prepare(db);
    this.audit = audit;
  }

  list(): StoredOperation[] {
    const targets = new Map<string, OperationTarget[]>();
    for (const row of this.statements.targets.iterate()) {
      const { operation_id: id, body } = row as { operation_id: string; body: string };
      const own = targets.get(id) ?? [];
      own.push(JSON.parse(body) as OperationTarget);
      targets.set(id, own);
    }
    return (this.statements.operations.all() as { id: string; body: string }[]).map(({ id, body }) => {
      return { ...(JSON.parse(body) as Head), targets: targets.get(id) ?? [] };
    });
  }

  create({ about, plan, targets }: StoredOperation, forget: readonly string[], actor: Actor): void {
    for (const id of forget) {
      this.statements.deleteTargets.run(id);
      this.statements.deleteOperation.run(id);
    }
    const { id, kind, title, created_at } = about;
    this.statements.insert.run(id, Date.parse(created_at), JSON.stringify({ about, plan }));
    for (const [place, target] of targets.entries())
      this.statements.insertTarget.run(id, place, JSON.stringify(target));
    const names = targets.map(({ service, server }) => [service, server].filter((name) => name !== null).join("@"));
    this.audit(actor, kind.replace(" ", "."), title, null, { operation_id: id, plan, targets: names });
  }

  note(about: StoredOperation["about"], changes: readonly TargetChange[], plan?: RollingPlan): void {
    const { id, ended_at } = about;
    this.statements.update.run(JSON.stringify(about), ended_at === null ? null : Date.parse(ended_at), id);
    if (plan !== undefined) this.statements.updatePlan.run(JSON.stringify(plan), id);
    for (const { place, target, output } of changes) {
      const body = JSON.stringify({ ...target, output: "" });
      if (output === undefined) this.statements.updateTarget.run(body, id, place);
      else this.statements.updateWithOutput.run(body, output, id, place);
    }
  }

  outputs(id: string, place: number | undefined): Map<number, string> {
    const rows = place === undefined ? this.statements.outputs.all(id) : this.statements.output.all(id, place);
    return new Map((rows as { place: number; output: string }[]).map((row) => [row.place, row.output]));
  }
}

function prepare(
  db: DatabaseSync,
): Record<
  | "operations"
  | "targets"
  | "insert"
  | "insertTarget"
  | "update"
  | "updatePlan"
  | "updateTarget"
  | "updateWithOutput"
  | "deleteOperation"
  | "deleteTargets"
  | "outputs"
  | "output",
  StatementSync
> {
  return {
    operations: db.prepare("SELECT id, body FROM operation ORDER BY created_at, id"),
    targets: db.prepare("SELECT operation_id, body FROM operation_target ORDER BY operation_id, place"),
    insert: db.prepare("INSERT INTO operation (id, created_at, body) VALUES (?, ?, ?)"),
    insertTarget: db.prepare("INSERT INTO operation_target (operation_id, place, body) VALUES (?, ?, ?)"),
    update: db.prepare("UPDATE operation SET body = json_set(body, '$.about', json(?)), ended_at = ? WHERE id = ?"),
    updatePlan: db.prepare("UPDATE operation SET body = json_set(body, '$.plan', json(?)) WHERE id = ?"),
    updateTarget: db.prepare("UPDATE operation_target SET body = ? WHERE operation_id = ? AND place = ?"),
    updateWithOutput: db.prepare(
      "UPDATE operation_target SET body = ?, output = ? WHERE operation_id = ? AND place = ?",
    ),
    deleteOperation: db.prepare("DELETE FROM operation WHERE id = ?"),
    deleteTargets: db.prepare("DELETE FROM operation_target WHERE operation_id = ?"),
    outputs: db.prepare("SELECT place, output FROM operation_target WHERE operation_id = ? AND output <> ''"),
    output: db.prepare(
      "SELECT place, output FROM operation_target WHERE operation_id = ? AND place = ? AND output <> ''",
    ),
  };
}
