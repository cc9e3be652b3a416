// What can go wrong, as a plain table: code on the wire, HTTP status, exit code of the CLI, title. Apart from errors.ts because it
// needs no validator: the CLI starts in milliseconds only if it loads none.

/** Exit codes of the CLI (experience.md, "Exit"). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  notFound: 4,
  noPermission: 5,
  hubUnreachable: 6,
  timedOut: 7,
  partlyDone: 8,
} as const;

/** Everything a request can be refused for. */
export const ERRORS = {
  bad_json: { status: 400, exit: EXIT.usage, title: "The body is not JSON" },
  refused: { status: 400, exit: EXIT.failed, title: "The request was refused" },
  unauthenticated: { status: 401, exit: EXIT.noPermission, title: "Sign in first" },
  forbidden: { status: 403, exit: EXIT.noPermission, title: "Not allowed" },
  wrong_origin: { status: 403, exit: EXIT.noPermission, title: "This address or origin is not served" },
  not_found: { status: 404, exit: EXIT.notFound, title: "There is no such thing" },
  method_not_allowed: { status: 405, exit: EXIT.usage, title: "This path does not take that method" },
  name_taken: { status: 409, exit: EXIT.failed, title: "The name is taken" },
  owned_by_file: { status: 409, exit: EXIT.failed, title: "A file owns this definition" },
  depended_on: { status: 409, exit: EXIT.failed, title: "Other services depend on it" },
  revision_conflict: { status: 412, exit: EXIT.failed, title: "Somebody changed it meanwhile" },
  act_failed: { status: 409, exit: EXIT.failed, title: "It was tried and failed" },
  too_large: { status: 413, exit: EXIT.usage, title: "The body is too large" },
  wrong_type: { status: 415, exit: EXIT.usage, title: "The body must be application/json" },
  invalid: { status: 422, exit: EXIT.usage, title: "Some fields are wrong" },
  version_differs: { status: 426, exit: EXIT.failed, title: "The versions do not fit" },
  rate_limited: { status: 429, exit: EXIT.failed, title: "Too many requests" },
  internal: { status: 500, exit: EXIT.failed, title: "Something of ours broke" },
  agent_away: { status: 503, exit: EXIT.failed, title: "The server's agent does not answer" },
  degraded: { status: 503, exit: EXIT.failed, title: "The hub cannot write now" },
  timed_out: { status: 504, exit: EXIT.timedOut, title: "It took too long" },
  disk_full: { status: 507, exit: EXIT.failed, title: "The disk is full" },
} as const satisfies Record<string, { status: number; exit: number; title: string }>;

/** A code of `ERRORS`. */
export type ErrorCode = keyof typeof ERRORS;
