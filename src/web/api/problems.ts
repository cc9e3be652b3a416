// The one translation of refusals into what people read: a title that says what to do next, and the hub's facts below it.
import type { FieldIssue } from "../../contract/errors.ts";
import { ApiError } from "./client.ts";

/** What is shown for an error. */
export interface Explanation {
  title: string;
  detail: string;
  /** Wrong fields, where the hub named them. */
  issues: FieldIssue[];
}

const TITLES: Record<string, string> = {
  unreachable: "The hub does not answer",
  unauthenticated: "Your session is over: sign in again",
  forbidden: "Your role does not allow this",
  wrong_origin: "The hub does not serve this address",
  not_found: "It is not there any more",
  name_taken: "The name is taken",
  owned_by_file: "A file owns this definition",
  revision_conflict: "Somebody changed it meanwhile",
  act_failed: "It was tried and failed",
  invalid: "Some fields are wrong",
  rate_limited: "Too many requests: wait a moment",
  agent_away: "The server's agent does not answer",
  degraded: "The hub cannot write now",
  timed_out: "It took too long",
  disk_full: "The disk is full",
  internal: "Something of ours broke",
};

/** Words for anything that was thrown. */
export function explain(error: unknown): Explanation {
  if (error instanceof ApiError) {
    return {
      title: TITLES[error.code] ?? error.problem.title,
      detail: error.message,
      issues: error.problem.issues ?? [],
    };
  }
  return {
    title: "Something in the dashboard broke",
    detail: error instanceof Error ? error.message : String(error),
    issues: [],
  };
}
