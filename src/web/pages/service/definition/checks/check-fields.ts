// The fields of a check as a form shows them, by kind, and the change from one kind to another. What no field shows stays as it is.
import type { CheckKind } from "../../../../../contract/checks.ts";
import type { FieldSpec } from "../fields.ts";

/** A check as it is edited: what is wrong with it the hub says. */
export type EditedCheck = Record<string, unknown>;

export const KINDS: readonly { value: CheckKind; label: string }[] = [
  { value: "http", label: "http: asks for a page" },
  { value: "tcp", label: "tcp: connects to a port" },
  { value: "exec", label: "exec: runs a command" },
  { value: "log", label: "log: looks for a line" },
  { value: "heartbeat", label: "heartbeat: it touches a file or calls an address" },
  { value: "notify", label: "notify: it says so itself (sd_notify)" },
];

const PORT: FieldSpec = { path: "port", label: "Port", kind: "number", help: "Empty: the service's first port." };

const OF_KIND: Record<CheckKind, readonly FieldSpec[]> = {
  http: [
    { path: "path", label: "Path", kind: "text", mono: true, help: "Asked of this machine; or give an address." },
    PORT,
    { path: "url", label: "Or whole address", kind: "text", mono: true, help: "Redirects are not followed." },
    { path: "method", label: "Method", kind: "choice", options: ["GET", "HEAD", "POST", "OPTIONS"] },
    { path: "status", label: "Statuses that are well", kind: "numbers", mono: true, help: "Like 200-399, 2xx, 404." },
    { path: "body", label: "The body holds", kind: "text", mono: true, help: "* stands for anything." },
    { path: "headers", label: "Headers", kind: "pairs", mono: true, help: "One name=value a line." },
  ],
  tcp: [PORT, { path: "host", label: "Host", kind: "text", mono: true, help: "Empty: this machine." }],
  exec: [
    { path: "command", label: "Command", kind: "long", mono: true, help: "Run as the service is; exit 0 is well." },
  ],
  log: [
    { path: "match", label: "A line holds", kind: "text", mono: true, help: "* stands for anything." },
    {
      path: "expect",
      label: "Such a line",
      kind: "choice",
      options: ["present", "absent"],
      help: "absent: is a failure.",
    },
    { path: "within", label: "Counts for, seconds", kind: "number", help: "Empty: until the next start." },
  ],
  heartbeat: [
    { path: "file", label: "File", kind: "text", mono: true, help: "Touched by the service; from its directory." },
    {
      path: "url",
      label: "Or it calls TAILHERD_HEARTBEAT_URL",
      kind: "switch",
      help: "The service finds this address in its environment, from its next start.",
    },
    { path: "within", label: "At most so long ago, seconds", kind: "number" },
  ],
  notify: [
    {
      path: "within",
      label: "Last ping at most so long ago, seconds",
      kind: "number",
      help: "For liveness. Counts from the next start.",
    },
  ],
};

const TIMEOUT: FieldSpec = {
  path: "timeout",
  label: "Timeout, seconds",
  kind: "number",
  help: "Empty: 5, or the interval.",
};

/** Kinds of which a look asks something that may not answer. */
const ASKS: ReadonlySet<CheckKind> = new Set(["http", "tcp", "exec"]);

const TIMING: readonly FieldSpec[] = [
  { path: "interval", label: "Interval, seconds", kind: "number" },
  { path: "failures", label: "Fails after so many in a row", kind: "number" },
  { path: "successes", label: "Passes after so many in a row", kind: "number" },
  { path: "initial_delay", label: "First look after, seconds", kind: "number" },
];

const COMMON = ["name", "role", ...TIMING.map(({ path }) => path)];

export const NAME: FieldSpec = { path: "name", label: "Name", kind: "text" };
const ROLE: FieldSpec = {
  path: "role",
  label: "What it is for",
  kind: "choice",
  options: ["startup", "liveness", "readiness"],
  help: "startup: starting until it passes. liveness: restarted when it fails. readiness: not ready while it fails.",
};

/** What a check of this kind may be for. */
export function roleOf(check: EditedCheck): FieldSpec {
  if (kindOf(check) !== "notify") return ROLE;
  const help =
    "startup: starting until it says READY=1. liveness: restarted when it says nothing, or WATCHDOG=trigger.";
  return { ...ROLE, options: ["startup", "liveness"], help };
}

export function kindOf(check: EditedCheck): CheckKind {
  return KINDS.find(({ value }) => value === check["kind"])?.value ?? "http";
}

/** The fields that a check shows; a command that is a list of arguments is one a line. */
export function fieldsOf(check: EditedCheck): readonly FieldSpec[] {
  const kind = kindOf(check);
  const own = OF_KIND[kind].map((field): FieldSpec =>
    field.path === "command" && Array.isArray(check["command"])
      ? { ...field, kind: "lines", help: "Program and arguments, one a line; exit 0 is well." }
      : field,
  );
  return [...own, ...(ASKS.has(kind) ? [TIMEOUT] : []), ...TIMING];
}

/** The same check as another kind: what both have stays. */
export function asKind(check: EditedCheck, kind: CheckKind): EditedCheck {
  const known = new Set([...COMMON, ...fieldsOf({ kind }).map(({ path }) => path)]);
  if (!roleOf({ kind }).options?.includes(String(check["role"]))) known.delete("role");
  // An address to ask is another thing than an address to be called at.
  if (kind !== kindOf(check)) known.delete("url");
  return { ...Object.fromEntries(Object.entries(check).filter(([key]) => known.has(key))), kind };
}

/** A new check, named so that it has a name of its own. */
export function newCheck(others: readonly EditedCheck[]): EditedCheck {
  const taken = new Set(others.map(({ name }) => name));
  let name = "web";
  for (let number = 2; taken.has(name); number += 1) name = `web-${number}`;
  return { name, kind: "http", role: "liveness", path: "/" };
}
