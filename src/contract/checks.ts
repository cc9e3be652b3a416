// Health checks: how a definition says that a service is well. What agents tell of them is check-status.ts.
import { z } from "zod";
import { durationSchema, portSchema } from "./names.ts";

/** Checks of one service. */
const CHECKS_MAX = 16;
/** Seconds that an answer may take unless the definition says; never longer than the interval. */
const DEFAULT_TIMEOUT = 5;

export const checkRoleSchema = z.enum(["startup", "liveness", "readiness"]);
/**
 * startup: until it passes, the instance is `starting` and nothing else is looked at. liveness: while it fails, the instance is
 * `unhealthy`, and the restart policy starts it again. readiness: while it fails, the instance is not ready; nothing is restarted.
 */
export type CheckRole = z.infer<typeof checkRoleSchema>;

const noNul = (text: string): boolean => !text.includes("\0");
const NUL = "must hold no NUL character";

/** Text with "*" for any characters in between: no pattern of these takes longer than the line it looks at. */
const patternSchema = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => /[^*]/.test(text), "must hold more than '*', or it fits everything");

const common = {
  /** Unique within the service; in events, metrics and reasons. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/i, "must be 1 to 32 letters, digits, '.', '_' or '-', no sign first")
    .meta({ description: "How it is called in events, metrics and reasons; unique within the service." }),
  role: checkRoleSchema.default("liveness").meta({
    description:
      "startup: starting until it passes. liveness: unhealthy while it fails, and restarted by the policy. readiness: not ready while it fails.",
  }),
  /** Seconds from the beginning of one look to that of the next. */
  interval: durationSchema
    .pipe(z.number().min(0.5).max(3600))
    .default(10)
    .meta({ description: "From one look to the next." }),
  /** Failures in a row after which it fails. */
  failures: z.int().min(1).max(100).default(3).meta({ description: "Failures in a row after which it fails." }),
  /** Successes in a row after which it passes. */
  successes: z.int().min(1).max(100).default(1).meta({ description: "Successes in a row after which it passes." }),
  /** Seconds after the start, or after the startup checks have passed, before the first look. */
  initial_delay: durationSchema
    .pipe(z.number().max(3600))
    .default(0)
    .meta({ description: "Before the first look: after the start, or after the startup checks." }),
};

/** Seconds an answer may take; null: 5, or the interval where that is shorter. */
const timeout = durationSchema
  .pipe(z.number().min(0.05).max(300))
  .nullable()
  .default(null)
  .meta({ description: "What an answer may take; 5 s, or the interval where that is shorter, when left out." });

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** These say where a message ends: with them a definition could say two things at once. */
const FRAMING = new Set(["connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade"]);

const headerNameSchema = z
  .string()
  .regex(HEADER_NAME, "must be the name of a header")
  .refine((name) => !FRAMING.has(name.toLowerCase()), "is ours to send");

const checkUrlSchema = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === "" && url.password === "");
  }, "must hold no user name or password, which everybody who reads it would see: give an authorization header");

const tlsSchema = z.strictObject({
  /** Refuse a certificate that does not hold. */
  verify: z.boolean().default(true).meta({ description: "Refuse a certificate that does not hold." }),
  /** Name that the certificate must be for, and that is asked for; the host of the address unless said. */
  server_name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,253}$/, "must be a host name")
    .nullable()
    .default(null)
    .meta({ description: "Name that the certificate must be for; the address's host when left out." }),
  /** PEM file of authorities to trust instead of the machine's, read at each start. */
  ca_file: z
    .string()
    .min(1)
    .max(4096)
    .refine(noNul, NUL)
    .nullable()
    .default(null)
    .meta({ description: "PEM file of the authorities to trust instead of the system's." }),
});

const statusRangeSchema = z.union([
  z.int().min(100).max(599),
  z
    .string()
    .regex(/^(?:[1-5]xx|[1-5]\d\d-[1-5]\d\d)$/, 'must be a status, or a range like "2xx" or "200-399"')
    .refine((text) => text.endsWith("xx") || text.slice(0, 3) <= text.slice(4), "must begin with the lower status"),
]);

const httpCheckSchema = z.strictObject({
  kind: z.literal("http"),
  ...common,
  timeout,
  method: z.enum(["GET", "HEAD", "POST", "OPTIONS"]).default("GET").meta({ description: "How it asks." }),
  /** Asked of this machine, at `port`; "/" when both this and `url` are left out. */
  path: z
    .string()
    .regex(/^\/[\u0021-\u007E]*$/, "must begin with '/' and hold no blanks or letters that need escaping")
    .max(2048)
    .nullable()
    .default(null)
    .meta({ description: "Path to ask for on this machine, at the port." }),
  /** A whole address instead of path and port. Redirects are not followed. */
  url: checkUrlSchema
    .nullable()
    .default(null)
    .meta({ description: "A whole address, instead of path and port. Redirects are answers, they are not followed." }),
  port: portSchema.nullable().default(null).meta({ description: "The service's first port when left out." }),
  headers: z
    .record(headerNameSchema, z.string().regex(/^[\t\u0020-\u007E]{0,4096}$/, "must be printable ASCII on one line"))
    .refine((headers) => Object.keys(headers).length <= 32, "must have at most 32 entries")
    .default({})
    .meta({ description: "Headers to send. Their values are shown to admins only." }),
  /** Statuses that are well. */
  status: z
    .array(statusRangeSchema)
    .min(1)
    .max(16)
    .default(["200-399"])
    .meta({ description: 'Statuses that are well: numbers, "2xx", "200-399".' }),
  /** Must stand in the first 64 KiB of the body. */
  body: patternSchema
    .nullable()
    .default(null)
    .meta({ description: 'Text that the body must hold; "*" stands for anything.' }),
  /** Given (also as {}): https on path and port. */
  tls: tlsSchema
    .nullable()
    .default(null)
    .meta({ description: "Options of https; {} asks by https where there is a path instead of an address." }),
});
export type HttpCheck = z.infer<typeof httpCheckSchema>;

const tcpCheckSchema = z.strictObject({
  kind: z.literal("tcp"),
  ...common,
  timeout,
  /** This machine unless said. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, "must be a host name or an address")
    .nullable()
    .default(null)
    .meta({ description: "Where to connect to; this machine when left out." }),
  port: portSchema.nullable().default(null).meta({ description: "The service's first port when left out." }),
});
export type TcpCheck = z.infer<typeof tcpCheckSchema>;

const commandText = z.string().max(32_768).refine(noNul, NUL);
const execCheckSchema = z.strictObject({
  kind: z.literal("exec"),
  ...common,
  timeout,
  /** A line for /bin/sh, or a program and its arguments; run as the service's user, in its directory and environment. 0 is well. */
  command: z
    .union([commandText.trim().min(1), z.array(commandText).min(1).max(256)])
    .meta({ description: "A shell line, or a list of program and arguments, run as the service is; exit 0 is well." }),
});
export type ExecCheck = z.infer<typeof execCheckSchema>;

const withinSchema = durationSchema.pipe(z.number().min(1).max(86_400));

const logCheckSchema = z.strictObject({
  kind: z.literal("log"),
  ...common,
  /** Text that a line of output must hold. */
  match: patternSchema.meta({ description: 'Text that a line of output holds; "*" stands for anything.' }),
  /** present: such a line is well. absent: it is not. */
  expect: z
    .enum(["present", "absent"])
    .default("present")
    .meta({ description: "present: such a line is well. absent: such a line is a failure." }),
  /** Seconds for which a line counts; null: until the next start. */
  within: withinSchema
    .nullable()
    .default(null)
    .meta({ description: "For how long a line counts; until the next start when left out." }),
});
export type LogCheck = z.infer<typeof logCheckSchema>;

const heartbeatCheckSchema = z.strictObject({
  kind: z.literal("heartbeat"),
  ...common,
  /** Relative to the service's directory; null: it calls. */
  file: z
    .string()
    .min(1)
    .max(4096)
    .refine(noNul, NUL)
    .nullable()
    .default(null)
    .meta({ description: "File that the service touches; relative to its directory. Or give url." }),
  /** It calls the address in its TAILHERD_HEARTBEAT_URL, instead of touching a file. */
  url: z.boolean().default(false).meta({
    description:
      "true: instead of touching a file, the service calls the address that it finds in TAILHERD_HEARTBEAT_URL, by GET, HEAD or POST. Counts from the next start.",
  }),
  /** Seconds since the last sign of life after which that is too long ago. */
  within: withinSchema.default(30).meta({ description: "How long ago the last touch or call may have been." }),
});
export type HeartbeatCheck = z.infer<typeof heartbeatCheckSchema>;

const notifyCheckSchema = z.strictObject({
  kind: z.literal("notify"),
  ...common,
  /** startup: passes with READY=1. liveness: fails without WATCHDOG=1 for `within`, and at once with WATCHDOG=trigger. */
  role: z
    .enum(["startup", "liveness"], { error: "must be startup or liveness: nothing in sd_notify takes readiness back" })
    .default("liveness")
    .meta({
      description:
        "startup: starting until the service says READY=1. liveness: unhealthy when it says nothing for too long, or WATCHDOG=trigger.",
    }),
  /** For liveness: seconds since WATCHDOG=1 or READY=1 was said last after which that is too long ago; in WATCHDOG_USEC from the next start. */
  within: withinSchema.default(30).meta({
    description:
      "For liveness: how long ago WATCHDOG=1 or READY=1 may have been said. The service finds it as WATCHDOG_USEC.",
  }),
});
export type NotifyCheck = z.infer<typeof notifyCheckSchema>;

const KINDS = { error: (issue: { code?: string }) => (issue.code === "invalid_union" ? ONE_OF : undefined) };
const ONE_OF = "must be http, tcp, exec, log, heartbeat or notify";

export const checkSchema = z.discriminatedUnion(
  "kind",
  [httpCheckSchema, tcpCheckSchema, execCheckSchema, logCheckSchema, heartbeatCheckSchema, notifyCheckSchema],
  KINDS,
);
/** One check of a definition, every default filled in. */
export type Check = z.infer<typeof checkSchema>;
/** How a check looks. */
export type CheckKind = Check["kind"];

export const checksSchema = z.array(checkSchema).max(CHECKS_MAX);

const name = { name: true } as const;
/** The same by name, as files say it. */
export const checksByNameSchema = z
  .record(
    common.name,
    z.discriminatedUnion(
      "kind",
      [
        httpCheckSchema.omit(name),
        tcpCheckSchema.omit(name),
        execCheckSchema.omit(name),
        logCheckSchema.omit(name),
        heartbeatCheckSchema.omit(name),
        notifyCheckSchema.omit(name),
      ],
      KINDS,
    ),
  )
  .transform((checks): Check[] => Object.entries(checks).map(([name, check]) => ({ name, ...check })));

/** What each kind cannot do without. */
const LEAST = {
  http: {},
  tcp: {},
  exec: { command: "-" },
  log: { match: "-" },
  heartbeat: {},
  notify: {},
} as const satisfies Record<CheckKind, object>;

/** A check as it is when only its name and what it cannot do without are given; `required` are the names of those fields. */
export function plainCheck(kind: CheckKind, name: string): { check: Check; required: string[] } {
  return { check: checkSchema.parse({ kind, name, ...LEAST[kind] }), required: Object.keys(LEAST[kind]) };
}

/** Milliseconds that one look may take. */
export function timeoutOf(check: Pick<HttpCheck, "timeout" | "interval">): number {
  return (check.timeout ?? Math.min(DEFAULT_TIMEOUT, check.interval)) * 1000;
}

/** What is wrong with checks beyond their fields: [path below `checks`, words]. */
export function checkIssues(checks: readonly Check[], ports: readonly number[]): [(string | number)[], string][] {
  return checks.flatMap((check, at) => {
    const issues: [(string | number)[], string][] = [];
    const say = (field: string, words: string): void => void issues.push([[at, field], words]);
    if (checks.findIndex(({ name }) => name === check.name) !== at) say("name", `"${check.name}" is there already`);
    if ("timeout" in check && check.timeout !== null && check.timeout > check.interval) {
      say("timeout", `must not be longer than the interval of ${check.interval} s`);
    }
    const needsPort = (check.kind === "http" && check.url === null) || check.kind === "tcp";
    if (needsPort && check.port === null && ports.length === 0) {
      say("port", "is required, unless the service has ports");
    }
    if (check.kind === "heartbeat") {
      if (check.file === null && !check.url) say("file", "is required, unless url is true");
      if (check.file !== null && check.url) say("url", "give file or url, not both");
    }
    if (check.kind === "http") {
      if (check.url !== null && check.path !== null) say("path", "give url or path, not both");
      if (check.url !== null && check.port !== null) say("port", "stands in the url already");
      if (check.url !== null && check.tls !== null && !check.url.toLowerCase().startsWith("https:")) {
        say("tls", "is for https:// addresses");
      }
      if (check.method === "HEAD" && check.body !== null) say("body", "never comes in answer to HEAD");
    }
    return issues;
  });
}
