// The fields of a definition as a form shows them: one table, from which controls, changes and the places of errors follow.
import { GIB, KIB, MIB } from "../../../../base/units.ts";
import type { FieldIssue } from "../../../../contract/errors.ts";
import { isOfParts } from "../../../service-form/edited-parts.ts";

/** names: with commas between, since a server's name may hold blanks. limit: a number, or "never" for null. size: bytes, shown in the largest unit that holds them whole. */
export type FieldKind =
  | "text"
  | "size"
  | "long"
  | "number"
  | "limit"
  | "choice"
  | "numbers"
  | "names"
  | "lines"
  | "pairs"
  | "switch";

export interface FieldSpec {
  /** Dotted path in the definition. */
  path: string;
  label: string;
  kind: FieldKind;
  help?: string;
  /** Values of a choice. */
  options?: readonly string[];
  /** Of a choice: what nothing chosen means, where that can be chosen. */
  none?: string;
  /** Typed in a monospaced font. */
  mono?: boolean;
}

export interface FieldGroup {
  title: string;
  fields: readonly FieldSpec[];
}

export const FIELD_GROUPS: readonly FieldGroup[] = [
  {
    title: "What it is",
    fields: [
      { path: "description", label: "Description", kind: "text" },
      { path: "kind", label: "Kind", kind: "choice", options: ["backend", "frontend", "other"] },
      { path: "labels", label: "Labels", kind: "pairs", help: "One key=value a line, to filter and group by." },
    ],
  },
  {
    title: "What it runs",
    fields: [
      { path: "start_cmd", label: "Command", kind: "long", mono: true, help: "A line for /bin/sh." },
      {
        path: "argv",
        label: "Or program and arguments",
        kind: "lines",
        mono: true,
        help: "One a line, run without a shell. Give this or the command.",
      },
      { path: "working_dir", label: "Directory", kind: "text", mono: true, help: "Empty: the home of its user." },
      { path: "user", label: "User", kind: "text", mono: true, help: "Empty: the user that tailherd runs as." },
      { path: "env", label: "Environment", kind: "pairs", mono: true, help: "One NAME=value a line." },
      {
        path: "env_file",
        label: "Environment file",
        kind: "text",
        mono: true,
        help: "Read at each start; the environment above wins.",
      },
      {
        path: "secrets",
        label: "Secrets",
        kind: "lines",
        mono: true,
        help: "Names of variables, one a line, whose values are hidden in output.",
      },
      { path: "instances", label: "Instances", kind: "number", help: "Copies side by side." },
    ],
  },
  {
    title: "Where it runs",
    fields: [
      {
        path: "placement.servers",
        label: "On servers",
        kind: "names",
        help: "Names, with commas between; both empty: the hub's own machine.",
      },
      {
        path: "placement.tags",
        label: "And on all with these tags",
        kind: "names",
        help: "All of them, with commas between; also on servers that get the tags later.",
      },
    ],
  },
  {
    title: "Where it listens",
    fields: [
      { path: "ports", label: "Ports", kind: "numbers", mono: true, help: "Separated by commas." },
      { path: "api_url", label: "API address", kind: "text", mono: true },
      { path: "tailscale_url", label: "Tailnet address", kind: "text", mono: true },
      {
        path: "match_keywords",
        label: "Keywords",
        kind: "lines",
        mono: true,
        help: "One a line. A process whose command line holds all of them is this service, started elsewhere.",
      },
    ],
  },
  {
    title: "When it ends",
    fields: [
      { path: "autostart", label: "Start with the machine", kind: "switch" },
      { path: "restart.policy", label: "Restart", kind: "choice", options: ["always", "on-failure", "never"] },
      {
        path: "restart.max",
        label: "Give up after",
        kind: "limit",
        help: "Restarts in a row; empty: the default of 10.",
      },
      { path: "restart.backoff.initial", label: "First delay, seconds", kind: "number" },
      { path: "restart.backoff.max", label: "Longest delay, seconds", kind: "number" },
      {
        path: "stop.signal",
        label: "Stop signal",
        kind: "choice",
        options: ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"],
      },
      { path: "stop.grace", label: "Grace, seconds", kind: "number", help: "Between the stop signal and SIGKILL." },
      {
        path: "reload.signal",
        label: "Reload signal",
        kind: "choice",
        options: ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGINT", "SIGQUIT", "SIGTERM"],
        none: "it cannot reload",
        help: "On which it reads its configuration anew, without ending.",
      },
      { path: "hooks.pre_start", label: "Before each start", kind: "long", mono: true },
      { path: "hooks.pre_stop", label: "Before each stop", kind: "long", mono: true },
    ],
  },
  {
    title: "What it may use",
    fields: [
      { path: "limits.memory", label: "Memory, bytes or 512M", kind: "size", mono: true },
      { path: "limits.cpu", label: "CPU, cores", kind: "number" },
      { path: "limits.pids", label: "Processes and threads", kind: "number" },
      { path: "logs.max_size", label: "Output kept, bytes or 64M", kind: "size", mono: true },
    ],
  },
];

const FIELDS: readonly FieldSpec[] = FIELD_GROUPS.flatMap((group) => group.fields);

/** What is typed in each field, by path. */
export type Draft = Record<string, string>;

export function draftOf(spec: object, fields = FIELDS): Draft {
  return Object.fromEntries(fields.map((field) => [field.path, textOf(read(spec, field.path), field.kind)]));
}

/** How a limit that does not exist is typed. */
export const NEVER = "never";

/** The definition that a draft makes of the one it began from; what was not typed in stays as it is, also what no field shows. */
export function definitionOf(base: object, draft: Draft, start: Draft, fields = FIELDS): Record<string, unknown> {
  const definition = structuredClone(base) as Record<string, unknown>;
  for (const { path, kind } of fields) {
    const text = draft[path] ?? "";
    if (text !== (start[path] ?? "")) write(definition, path, valueOf(text, kind));
  }
  return definition;
}

/** The issue that belongs to a field: its own, or one of something inside it. */
export function issueFor(issues: readonly FieldIssue[], path: string): string | undefined {
  return (
    issues
      .filter((issue) => issue.path === path || issue.path.startsWith(`${path}.`))
      .map((issue) => (issue.path === path ? issue.message : `${issue.path.slice(path.length + 1)}: ${issue.message}`))
      .join("; ") || undefined
  );
}

/** Issues that no field of the form shows; those of a single check, dependency or socket are shown with it. */
export function otherIssues(issues: readonly FieldIssue[]): FieldIssue[] {
  const outside = issues.filter(({ path }) => !/^checks\.\d+\.(?!tls)/.test(path) && !isOfParts(path));
  return outside.filter(
    (issue) => !FIELDS.some(({ path }) => issue.path === path || issue.path.startsWith(`${path}.`)),
  );
}

function read(spec: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], spec);
}

/** Sets a field, or takes it away so that its default counts. */
function write(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let inner = target;
  for (const key of keys) {
    const next = inner[key];
    // What stands here may be anybody's JSON, such as a text where an object belongs.
    inner = (typeof next === "object" && next !== null ? next : (inner[key] = {})) as Record<string, unknown>;
  }
  if (value === undefined) delete inner[last];
  else inner[last] = value;
}

function textOf(value: unknown, kind: FieldKind): string {
  if (value === null) return kind === "limit" ? NEVER : "";
  if (value === undefined) return "";
  if (kind === "pairs" && typeof value === "object") {
    return Object.entries(value as Record<string, string>)
      .map(([key, text]) => `${key}=${text}`)
      .join("\n");
  }
  if (Array.isArray(value)) return value.join(kind === "lines" ? "\n" : ", ");
  if (kind === "size" && typeof value === "number") return sizeText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** "512M" of bytes; what is no whole number of KiB stays bytes. */
function sizeText(bytes: number): string {
  const units = [
    ["G", GIB],
    ["M", MIB],
    ["K", KIB],
  ] as const;
  const fits = units.find(([, size]) => bytes > 0 && bytes % size === 0);
  return fits === undefined ? String(bytes) : `${bytes / fits[1]}${fits[0]}`;
}

/** The typed text as a value; what cannot be one stays text, so that the hub says what is allowed. Undefined: the default. */
function valueOf(text: string, kind: FieldKind): unknown {
  const trimmed = text.trim();
  if (kind === "switch") return trimmed === "true";
  if (trimmed === "") return undefined;
  switch (kind) {
    case "pairs":
      return readPairs(text);
    case "lines":
      return text.split("\n").filter((line) => line !== "");
    case "numbers":
      return trimmed
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(numberOrText);
    case "names":
      return trimmed
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean);
    case "limit":
      return trimmed === NEVER ? null : numberOrText(trimmed);
    case "number":
      return numberOrText(trimmed);
    case "size":
      return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
    case "text":
    case "long":
    case "choice":
    default:
      return trimmed;
  }
}

function numberOrText(text: string): number | string {
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}

function readPairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const cut = line.indexOf("=");
    if (cut === -1) pairs[line.trim()] = "";
    else pairs[line.slice(0, cut).trim()] = line.slice(cut + 1);
  }
  return pairs;
}
