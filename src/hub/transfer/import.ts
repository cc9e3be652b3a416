// `import`: takes the predecessor's three files over, all or nothing.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { TailherdError, toFieldIssues, type FieldIssue } from "../../contract/errors.ts";
import { serviceSpecSchema, type ServiceRecord, type ServiceSpec } from "../../contract/service.ts";
import { settingsSchema, type Settings } from "../../contract/settings.ts";
import { toSettingsTask } from "../../contract/task.ts";
import type { importRequestSchema, ImportResult } from "../../contract/transfer.ts";
import { freeName, fromLegacyServer } from "../store/legacy-server.ts";
import { specOf } from "../store/spec-of.ts";
import type { Actor, PlanChange, Store, StoredServer, StoredTask } from "../store/store.ts";
import { differences } from "./differences.ts";
import { fromLegacyService } from "./legacy-service.ts";
import { conflictsOf, conflictWords } from "./port-conflicts.ts";

type ImportRequest = z.infer<typeof importRequestSchema>;

/** What was done; telling agents and people is the caller's, after this. */
export interface Imported {
  result: ImportResult;
  /** Definitions added or replaced, as stored. */
  stored: ServiceRecord[];
  /** The settings, when the file's were taken over. */
  settings: Settings | undefined;
}

/** How often it is begun anew because somebody changed something meanwhile. */
const ATTEMPTS = 5;

/**
 * Checks every entry, then stores all of it in one transaction; a dry run answers the same without storing.
 *
 * Throws `TailherdError` `invalid` with an issue for each wrong field of each entry ("services.3.ports.0"); nothing is stored then.
 * `issues` of the result are warnings: a field that the format does not have is left out of services and settings (the predecessor
 * dropped those too) and told; servers and tasks keep such fields as they came. A port conflict is told, not refused: it was so before.
 *
 * Without `replace`, services and servers that exist stay. With it they take the file's fields and keep the rest; servers that the
 * file does not have go. Settings take what the file says, but tasks are added and replaced like services, and none goes. What a file
 * owns is skipped either way.
 */
export async function importLegacy(store: Store, request: ImportRequest, actor: Actor): Promise<Imported> {
  for (let attempt = 1; ; attempt++) {
    const draft = await makeDraft(store, request);
    if (draft.errors.length > 0) {
      const words = `Cannot import: ${draft.errors.length} fields are wrong, so nothing was taken over`;
      throw new TailherdError("invalid", words, { issues: draft.errors });
    }
    const answer = { ...draft.result, issues: draft.warnings };
    if (request.dry_run) return { result: { ...answer, applied: false }, stored: [], settings: undefined };
    try {
      const stored = draft.changes.length === 0 ? [] : await store.commitPlan(draft.changes, actor);
      return { result: { ...answer, applied: true }, stored, settings: draft.settings };
    } catch (error) {
      const overtaken = error instanceof TailherdError && error.code === "revision_conflict";
      if (!overtaken || attempt === ATTEMPTS) throw error;
    }
  }
}

/** What an import comes to, before anything is stored. */
interface Draft {
  changes: PlanChange[];
  errors: FieldIssue[];
  warnings: FieldIssue[];
  settings: Settings | undefined;
  result: Pick<ImportResult, "added" | "replaced" | "skipped" | "servers" | "settings">;
}

async function makeDraft(store: Store, request: ImportRequest): Promise<Draft> {
  const draft: Draft = {
    changes: [],
    errors: [],
    warnings: [],
    settings: undefined,
    result: { added: [], replaced: [], skipped: [], servers: 0, settings: false },
  };
  draftServices(draft, request, await store.listServices());
  if (request.servers !== undefined) draftServers(draft, request.servers, request.replace, await store.listServers());
  if (request.settings !== undefined) {
    const tasks = chosenTasks(request.settings.scheduled_tasks, await store.listTasks(), request.replace);
    draftSettings(draft, { ...request.settings, scheduled_tasks: tasks }, await store.getSettings());
  }
  return draft;
}

function draftServices(
  draft: Draft,
  { services = [], replace }: ImportRequest,
  current: readonly ServiceRecord[],
): void {
  const records = new Map(current.map((record) => [record.name, record]));
  const seen = new Map<string, ServiceSpec>();
  for (const [index, entry] of services.entries()) {
    const path = `services.${index}`;
    // The name decides what stands there already, so it is read before the rest is checked.
    const record = records.get(serviceSpecSchema.shape.name.safeParse(entry.name).data ?? "");
    const spec = check(draft, serviceSpecSchema, fromLegacyService(entry, record && specOf(record)), path);
    if (spec === undefined) continue;
    if (seen.has(spec.name)) {
      draft.errors.push({ path: `${path}.name`, message: `"${spec.name}" stands there twice` });
      continue;
    }
    for (const conflict of conflictsOf(spec, [...current, ...seen.values()])) {
      draft.warnings.push({ path: `${path}.${conflict.path}`, message: conflictWords(conflict) });
    }
    seen.set(spec.name, spec);
    draftService(draft, spec, record, replace);
  }
}

function draftService(
  { changes, result }: Draft,
  spec: ServiceSpec,
  record: ServiceRecord | undefined,
  replace: boolean,
): void {
  const skip = (reason: string): void => void result.skipped.push({ name: spec.name, reason });
  if (record === undefined) {
    changes.push({ change: "put", spec, owner: null, expect: { kind: "absent" } });
    result.added.push(spec.name);
  } else if (differences(specOf(record), spec).length === 0) {
    skip("it is already so");
  } else if (record.owner !== null) {
    skip(`the file ${record.owner} owns it`);
  } else if (!replace) {
    skip("a service of that name exists");
  } else {
    changes.push({ change: "put", spec, owner: null, expect: { kind: "revision", revision: record.revision } });
    result.replaced.push(spec.name);
  }
}

/** What is known of a server that enrolled here (its key, its heartbeats) is never replaced by what a file says of it. */
function draftServers(
  draft: Draft,
  entries: Record<string, unknown>[],
  replace: boolean,
  current: readonly StoredServer[],
): void {
  const known = new Map(current.map((server) => [server.id, server]));
  const taken = new Set(current.map(({ name }) => name));
  const seen = new Set<unknown>();
  const servers: StoredServer[] = [];
  for (const [index, entry] of entries.entries()) {
    if (seen.has(entry.id)) {
      draft.errors.push({ path: `servers.${index}.id`, message: `"${String(entry.id)}" stands there twice` });
      continue;
    }
    seen.add(entry.id);
    const before = known.get(String(entry.id));
    if (before !== undefined && (!replace || before.legacy === null)) continue;
    if (before !== undefined) taken.delete(before.name);
    const server = fromLegacyServer(entry, before?.created_at ?? Date.now());
    const name = freeName(server.name, taken);
    if (name !== server.name) {
      const message = `another server is called "${server.name}": this one becomes "${name}"`;
      draft.warnings.push({ path: `servers.${index}.name`, message });
    }
    taken.add(name);
    if (before !== undefined && isDeepStrictEqual(before.legacy, entry)) continue;
    servers.push({ ...server, name });
  }
  draft.result.servers = servers.length;
  if (servers.length > 0) draft.changes.push({ change: "servers", servers });
}

/** Tasks of a file that are taken over: new ones, and with `replace` those that there are, unless a file owns them. None goes. */
function chosenTasks(given: unknown, stored: readonly StoredTask[], replace: boolean): unknown {
  if (given === undefined) return [];
  // No list: the schema says so.
  if (!Array.isArray(given)) return given;
  const known = new Map<unknown, StoredTask>(stored.map((task) => [task.spec.name, task]));
  return (given as ({ name?: unknown } | null)[]).filter((task) => {
    const before = known.get(task?.name);
    if (before === undefined) return true;
    const shown = toSettingsTask(before.spec, before.unknown);
    return replace && before.owner === null && !isDeepStrictEqual(shown, { ...shown, ...task });
  });
}

function draftSettings(draft: Draft, given: Record<string, unknown>, current: Settings): void {
  const settings = check(draft, settingsSchema, { ...current, ...given }, "settings");
  if (settings === undefined) return;
  draft.result.settings = true;
  draft.settings = settings;
  const others = { scheduled_tasks: [] };
  const changed = differences({ ...current, ...others }, { ...settings, ...others }).length > 0;
  if (changed || settings.scheduled_tasks.length > 0)
    draft.changes.push({ change: "settings", settings, tasks: "merge" });
}

/** The value as the schema has it, without fields that it does not know; what is wrong and what was left out is added to the draft. */
function check<S extends z.ZodType>(
  draft: Draft,
  schema: S,
  value: Record<string, unknown>,
  path: string,
): z.infer<S> | undefined {
  const at = (issues: FieldIssue[], words?: string): FieldIssue[] =>
    issues.map((issue) => ({
      path: issue.path === "" ? path : `${path}.${issue.path}`,
      message: words ?? issue.message,
    }));
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const unknown = first.error.issues.filter((issue) => issue.code === "unrecognized_keys");
  if (unknown.length === 0) {
    draft.errors.push(...at(toFieldIssues(first.error)));
    return undefined;
  }
  draft.warnings.push(...at(toFieldIssues(new z.ZodError(unknown)), "is not a field of this format and was left out"));
  const known = structuredClone(value);
  for (const issue of unknown) removeKeys(known, issue.path, issue.keys);
  return check(draft, schema, known, path);
}

function removeKeys(value: unknown, path: PropertyKey[], keys: string[]): void {
  const place = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
  for (const key of keys) delete (place as Record<string, unknown>)[key];
}
