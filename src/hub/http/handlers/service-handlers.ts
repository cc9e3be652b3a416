// Definitions: list, read, add, replace, patch, delete, and what a machine thinks of one.
import type { IncomingHttpHeaders } from "node:http";
import { TailherdError, toFieldIssues } from "../../../contract/errors.ts";
import { serviceSpecSchema } from "../../../contract/service.ts";
import { hideEnvironment, hideInDifferences, seesEnvironment } from "../../auth/hidden-environment.ts";
import { placedOn, placementWarnings } from "../../agents/placement.ts";
import { specOf } from "../../store/spec-of.ts";
import { differences } from "../../transfer/differences.ts";
import { renamed, type PutExpectation } from "../../services/service-edits.ts";
import { Answer, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";
import { etag, matchOf } from "../revisions.ts";

type Keys =
  | "GET /api/services"
  | "POST /api/services"
  | "POST /api/services/check"
  | "POST /api/services/try"
  | "GET /api/services/{name}"
  | "PUT /api/services/{name}"
  | "PATCH /api/services/{name}"
  | "DELETE /api/services/{name}"
  | "GET /api/services/{name}/spec";

/** Handlers of definitions. */
export function serviceHandlers({ catalog, edits, agents, book, board, store }: HubParts): HandlersOf<Keys> {
  return {
    "GET /api/services": ({ identity }) =>
      seesEnvironment(identity) ? catalog.all() : catalog.all().map((record) => hideEnvironment(record)),
    async "POST /api/services"({ body, actor }) {
      const issues = edits.conflicts(body);
      if (issues.length > 0 && catalog.settings.check_port_conflicts && catalog.get(body.name) === undefined) {
        const words = issues.map(({ message }) => message).join("; ");
        throw new TailherdError("invalid", `Cannot add "${body.name}": ${words}`, { issues });
      }
      const record = await edits.add(body, actor);
      const warnings = [...issues.map(({ message }) => message), ...(await edits.warnings(body))];
      const location = `/api/services/${encodeURIComponent(record.name)}`;
      return new Answer({ ...record, warnings }, { status: 201, headers: { ...etag(record), location } });
    },
    async "POST /api/services/check"({ body }) {
      const checked = serviceSpecSchema.safeParse(body);
      if (!checked.success) {
        return { problems: toFieldIssues(checked.error).map((issue) => ({ ...issue, severity: "error" as const })) };
      }
      const spec = checked.data;
      const [first] = placedOn(spec.placement, book.stored());
      const { problems } = first === undefined ? { problems: [] } : await agents.call(first, "check_spec", { spec });
      const placement = placementWarnings(spec.placement, book.stored()).map(toProblem);
      const severity = catalog.settings.check_port_conflicts ? ("error" as const) : ("warning" as const);
      return {
        problems: [
          ...edits.conflicts(spec).map((issue) => ({ ...issue, severity })),
          ...edits.dependencyProblems(spec),
          ...placement,
          ...problems,
        ],
      };
    },
    async "POST /api/services/try"({ body, actor }) {
      await store.recordAudit("try", body.spec.name, actor, body.spec);
      const [first] = placedOn(body.spec.placement, book.stored());
      if (first !== undefined) return await agents.call(first, "try_command", body);
      throw new TailherdError("agent_away", `Cannot try "${body.spec.name}": no server fits its placement`);
    },
    "GET /api/services/{name}"({ params, identity }) {
      const record = catalog.require(params.name);
      return new Answer(seesEnvironment(identity) ? record : hideEnvironment(record), { headers: etag(record) });
    },
    async "PUT /api/services/{name}"({ params, body, actor, incoming }) {
      if (body.name !== params.name) throw renamed(params.name);
      const isNew = catalog.get(params.name) === undefined;
      const record = await edits.put(body, expectationOf(incoming.headers), actor);
      return new Answer(record, { status: isNew ? 201 : 200, headers: etag(record) });
    },
    async "PATCH /api/services/{name}"({ params, body, actor, incoming }) {
      const record = await edits.patch(params.name, body, matchOf(incoming.headers["if-match"]), actor);
      return new Answer(record, { headers: etag(record) });
    },
    async "DELETE /api/services/{name}"({ params, actor, incoming }) {
      await edits.delete(params.name, actor, matchOf(incoming.headers["if-match"]));
      return { success: true, message: `Service "${params.name}" was stopped and deleted` };
    },
    async "GET /api/services/{name}/spec"({ params, identity }) {
      const record = catalog.require(params.name);
      const saved = specOf(record);
      const revision = board.get(params.name)?.instances.find((each) => each.revision !== null)?.revision ?? null;
      const running =
        revision === null || revision === record.revision ? null : await store.getRevision(params.name, revision);
      const before = revision === record.revision ? saved : (running ?? null);
      const changed = running === null || running === undefined ? [] : differences(running, saved);
      const all = seesEnvironment(identity);
      return {
        saved: all ? saved : hideEnvironment(saved),
        saved_revision: record.revision,
        running: all || before === null ? before : hideEnvironment(before),
        running_revision: revision,
        differences: all ? changed : hideInDifferences(changed),
      };
    },
  };
}

/** "placement.tags: no server…" as the check shows it. */
function toProblem(warning: string): { path: string; message: string; severity: "warning" } {
  const [path = "", ...words] = warning.split(": ");
  return { path, message: words.join(": "), severity: "warning" };
}

/** What PUT may meet: `If-None-Match: *` only adds, `If-Match` only replaces (RFC 9110, 13.1). */
function expectationOf(headers: IncomingHttpHeaders): PutExpectation {
  if (headers["if-none-match"]?.trim() === "*") return { kind: "absent" };
  const given = headers["if-match"];
  if (given === undefined) return { kind: "any" };
  return given.trim() === "*" ? { kind: "present" } : { kind: "revision", revision: matchOf(given) ?? 0 };
}
