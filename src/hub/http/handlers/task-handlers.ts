// Scheduled tasks, their runs, and previews of schedules.
import { previewSchedule } from "../../../base/schedule/preview.ts";
import { readSchedule, refusalWords } from "../../../base/schedule/schedule.ts";
import { TailherdError } from "../../../contract/errors.ts";
import type { TaskAction } from "../../../contract/task.ts";
import { demand, type Identity } from "../../auth/identity.ts";
import { zoneOf } from "../../tasks/task-places.ts";
import type { Asked } from "../../tasks/task-runs.ts";
import { Answer, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";
import { etag, matchOf } from "../revisions.ts";

type Keys =
  | "GET /api/tasks"
  | "POST /api/tasks"
  | "POST /api/tasks/check"
  | "GET /api/tasks/{name}"
  | "PUT /api/tasks/{name}"
  | "DELETE /api/tasks/{name}"
  | "POST /api/tasks/{name}/run"
  | "GET /api/tasks/{name}/missed"
  | "GET /api/tasks/{name}/runs"
  | "GET /api/tasks/{name}/runs/{run}"
  | "GET /api/cron/preview";

/** Handlers of tasks. */
export function taskHandlers(parts: HubParts): HandlersOf<Keys> {
  const { tasks, taskEdits, taskRuns, missedRuns, store, clock, book } = parts;
  return {
    "GET /api/tasks": () => tasks.records(),
    async "POST /api/tasks"({ body, identity, actor }) {
      demandFor(identity, body.action);
      await taskEdits.add(body, actor);
      return { success: true, message: `Task "${body.name}" was added`, warnings: taskEdits.warnings(body) };
    },
    "POST /api/tasks/check": ({ body }) => taskEdits.check(body),
    "GET /api/tasks/{name}"({ params }) {
      const record = tasks.record(params.name);
      return new Answer(record, { headers: etag(record) });
    },
    async "PUT /api/tasks/{name}"({ params, body, identity, actor, incoming }) {
      demandFor(identity, tasks.require(params.name).spec.action);
      demandFor(identity, body.action);
      await taskEdits.replace(params.name, body, actor, matchOf(incoming.headers["if-match"]));
      return { success: true, message: `Task "${params.name}" was saved`, warnings: taskEdits.warnings(body) };
    },
    async "DELETE /api/tasks/{name}"({ params, identity, actor }) {
      demandFor(identity, tasks.require(params.name).spec.action);
      await taskEdits.delete(params.name, actor);
      return { success: true, message: `Task "${params.name}" was deleted` };
    },
    async "POST /api/tasks/{name}/run"({ params: { name }, query: { server }, body, identity, actor }) {
      demandFor(identity, tasks.require(name).spec.action);
      if (body?.since === undefined) return answerOf(name, await taskRuns.runNow(name, server, actor));
      const runs = await missedRuns.run(name, Date.parse(body.since), server, actor);
      if (runs.length > 0) return answerOf(name, runs);
      return { success: true, message: `Task "${name}" has missed nothing since ${body.since}`, run_id: "", runs };
    },
    "GET /api/tasks/{name}/missed": ({ params, query }) =>
      missedRuns.find(params.name, Date.parse(query.since), query.server),
    async "GET /api/tasks/{name}/runs"({ params, query }) {
      tasks.require(params.name);
      const server = query.server === undefined ? undefined : book.require(query.server).id;
      return await store.listRuns({ task: params.name, server, limit: query.limit, before: query.before });
    },
    "GET /api/tasks/{name}/runs/{run}": ({ params }) => taskRuns.read(params.name, params.run),
    "GET /api/cron/preview"({ query }) {
      const { expression, timezone, from, count } = query;
      const read = readSchedule(expression);
      if (read.outcome === "refused") {
        const message = refusalWords(read);
        const issues = [{ path: "expression", message }];
        throw new TailherdError("invalid", `Cannot read the schedule "${expression}": ${message}`, { issues });
      }
      const after = from === undefined ? clock.now() : Date.parse(from);
      const zone = zoneOf(timezone ?? null);
      return { ...previewSchedule(read.schedule, zone, after, count), timezone: zone.name };
    },
  };
}

/** What became of "run it now", or of what it missed, on each server. */
function answerOf(task: string, runs: (Asked & { due_at?: string })[]) {
  const begun = runs.filter(({ run_id }) => run_id !== null);
  const refused = runs.filter(({ run_id }) => run_id === null);
  const where = [...new Set(begun.map(({ server }) => server))].join(", ");
  const count = begun.length === 1 ? "1 time" : `${begun.length} times`;
  const times = runs.some(({ due_at }) => due_at !== undefined) ? `for ${count} that it missed ` : "";
  const words = refused.map(({ server, message }) => `${server}: ${message}`);
  return {
    success: refused.length === 0,
    message: [`Task "${task}" runs ${times}on ${where}`, ...new Set(words)].join("; "),
    run_id: begun[0]?.run_id ?? "",
    runs,
  };
}

/** Throws `forbidden`: acting on services is an operator's right, running programs an admin's. */
function demandFor(identity: Identity, action: TaskAction): void {
  if (action === "command") demand(identity, "server.run");
}
