// The form's side of a definition: text as it is typed, and what becomes of it on the wire. Only what differs from the
// defaults is sent, so that a definition stays as short as what was typed.
import type { FieldIssue } from "../../../contract/errors.ts";
import type { Kind, RestartPolicy } from "../../../contract/service.ts";
import type { EditedDependsOn, EditedSocket } from "../../service-form/edited-parts.ts";

/** Every control of the form, as text; lists as they are edited. */
export interface Draft {
  name: string;
  kind: Kind;
  /** A shell line, or one argument a line. */
  form: "shell" | "argv";
  command: string;
  working_dir: string;
  description: string;
  /** "8000, 8001" */
  ports: string;
  /** One keyword a line. */
  keywords: string;
  api_url: string;
  tailscale_url: string;
  /** NAME=value lines. */
  env: string;
  env_file: string;
  user: string;
  policy: RestartPolicy | "";
  max: string;
  /** However often it ends: then `max` says nothing. */
  forever: boolean;
  grace: string;
  signal: string;
  /** Signal on which it reads its configuration anew; empty: it cannot. */
  reload: string;
  depends_on: EditedDependsOn;
  sockets: readonly EditedSocket[];
  instances: string;
  memory: string;
  cpu: string;
  pids: string;
  pre_start: string;
  pre_stop: string;
  /** name=value lines. */
  labels: string;
  /** Servers and tags it is placed by, "web-1, web-2"; both empty: the hub's own machine. */
  on_servers: string;
  on_tags: string;
  autostart: boolean;
}

/** A form that nobody has typed in. */
export const EMPTY_DRAFT: Draft = {
  name: "",
  kind: "other",
  form: "shell",
  command: "",
  working_dir: "",
  description: "",
  ports: "",
  keywords: "",
  api_url: "",
  tailscale_url: "",
  env: "",
  env_file: "",
  user: "",
  policy: "",
  max: "",
  forever: false,
  grace: "",
  signal: "SIGTERM",
  reload: "",
  depends_on: {},
  sockets: [],
  instances: "1",
  memory: "",
  cpu: "",
  pids: "",
  pre_start: "",
  pre_stop: "",
  labels: "",
  on_servers: "",
  on_tags: "",
  autostart: true,
};

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** The definition that the form describes, and what cannot be read in it (the hub checks the rest). */
export function toDefinition(draft: Draft): { definition: Record<string, unknown>; issues: FieldIssue[] } {
  const issues: FieldIssue[] = [];
  const number = (path: string, text: string): number | undefined => {
    if (text.trim() === "") return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    issues.push({ path, message: "must be a number" });
    return undefined;
  };
  const pairs = (path: string, text: string): Record<string, string> | undefined => {
    const rows = lines(text);
    for (const row of rows) {
      if (!/^[^=\s]+=/.test(row))
        issues.push({ path, message: `must be NAME=value on each line; this is not: ${row}` });
    }
    return rows.length === 0
      ? undefined
      : Object.fromEntries(rows.map((row) => [row.split("=", 1)[0], row.slice(row.indexOf("=") + 1)]));
  };
  const ports = draft.ports.split(/[\s,]+/).filter((text) => text !== "");
  const portNumbers = ports.map((text, index) => number(`ports.${index}`, text));
  const definition = {
    name: draft.name.trim(),
    kind: draft.kind,
    ...(draft.form === "argv"
      ? { argv: orUndefined(argvOf(draft.command)) }
      : { start_cmd: orUndefined(draft.command.trim()) }),
    working_dir: orUndefined(draft.working_dir.trim()),
    description: orUndefined(draft.description.trim()),
    ports: orUndefined(portNumbers.filter((port) => port !== undefined)),
    match_keywords: orUndefined(lines(draft.keywords)),
    api_url: orUndefined(draft.api_url.trim()),
    tailscale_url: orUndefined(draft.tailscale_url.trim()),
    env: pairs("env", draft.env),
    env_file: orUndefined(draft.env_file.trim()),
    user: orUndefined(draft.user.trim()),
    restart: orUndefined({
      policy: orUndefined(draft.policy),
      max: draft.forever ? null : number("restart.max", draft.max),
    }),
    stop: orUndefined({
      signal: draft.signal === "SIGTERM" ? undefined : draft.signal,
      grace: orUndefined(draft.grace.trim()),
    }),
    reload: orUndefined({ signal: orUndefined(draft.reload) }),
    depends_on: orUndefined(draft.depends_on),
    sockets: orUndefined(draft.sockets),
    hooks: orUndefined({
      pre_start: orUndefined(draft.pre_start.trim()),
      pre_stop: orUndefined(draft.pre_stop.trim()),
    }),
    placement: orUndefined({
      servers: orUndefined(listOf(draft.on_servers, /,/)),
      tags: orUndefined(listOf(draft.on_tags, /[\s,]+/)),
    }),
    instances: draft.instances.trim() === "1" ? undefined : number("instances", draft.instances),
    limits: orUndefined({
      memory: orUndefined(draft.memory.trim()),
      cpu: number("limits.cpu", draft.cpu),
      pids: number("limits.pids", draft.pids),
    }),
    labels: pairs("labels", draft.labels),
    autostart: draft.autostart,
  };
  return { definition: withoutUndefined(definition), issues };
}

/** The form for a definition that was read from a running process. */
export function fromDefinition(definition: Record<string, unknown>): Draft {
  const text = (key: string): string => (typeof definition[key] === "string" ? definition[key] : "");
  const list = (key: string): unknown[] => (Array.isArray(definition[key]) ? definition[key] : []);
  const argv = list("argv");
  const env = definition["env"];
  const placement = (definition["placement"] ?? {}) as { servers?: string[]; tags?: string[] };
  const kind = definition["kind"];
  return {
    ...EMPTY_DRAFT,
    name: text("name"),
    kind: kind === "backend" || kind === "frontend" ? kind : "other",
    form: argv.length > 0 ? "argv" : "shell",
    command: argv.length > 0 ? argv.join("\n") : text("start_cmd"),
    working_dir: text("working_dir"),
    description: text("description"),
    ports: list("ports").join(", "),
    keywords: list("match_keywords").join("\n"),
    env_file: text("env_file"),
    user: text("user"),
    on_servers: placement.servers?.join(", ") ?? "",
    on_tags: placement.tags?.join(", ") ?? "",
    env:
      typeof env === "object" && env !== null
        ? Object.entries(env)
            .map(([name, value]) => `${name}=${String(value)}`)
            .join("\n")
        : "",
  };
}

function listOf(text: string, between: RegExp): string[] {
  return text
    .split(between)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** One argument a line; blank lines at the end are nobody's argument. */
function argvOf(text: string): string[] {
  const rows = text.split("\n");
  while (rows.at(-1)?.trim() === "") rows.pop();
  return rows;
}

/** Undefined for what says nothing: empty text, list, or object of undefined. */
function orUndefined<T>(value: T): T | undefined {
  if (value === "" || value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  if (typeof value === "object" && value !== null) {
    const kept = withoutUndefined(value as Record<string, unknown>);
    return Object.keys(kept).length === 0 ? undefined : (kept as T);
  }
  return value;
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}
