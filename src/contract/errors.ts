// Refusals: the error that travels to an edge, and its form on the wire, problem details (RFC 9457). The table is error-table.ts.
import { z } from "zod";
import { ERRORS, type ErrorCode } from "./error-table.ts";

export { ERRORS, type ErrorCode } from "./error-table.ts";

export const fieldIssueSchema = z.object({
  /** Where in the body, dotted: "restart.backoff.max", "ports.1"; empty for the whole. */
  path: z.string(),
  /** What is allowed there, in words. */
  message: z.string(),
});
export type FieldIssue = z.infer<typeof fieldIssueSchema>;

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** Words for people; an object only on the predecessor's routes that answered one. */
  detail: z.union([z.string(), z.record(z.string(), z.unknown())]),
  code: z.string(),
  issues: z.array(fieldIssueSchema).optional(),
  /** The predecessor's clients look for this. */
  success: z.literal(false),
});
export type Problem = z.infer<typeof problemSchema>;

/** An expected refusal on its way to the edge (route, command, message loop) that tells it to somebody. */
export class TailherdError extends Error {
  readonly code: ErrorCode;
  readonly issues: FieldIssue[];
  /** Replaces the text in `detail` where the predecessor answered an object. */
  readonly detail: Record<string, unknown> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { issues?: FieldIssue[]; detail?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TailherdError";
    this.code = code;
    this.issues = options.issues ?? [];
    this.detail = options.detail;
  }

  /** What goes over the wire; never a stack. */
  toProblem(): Problem {
    const { status, title } = ERRORS[this.code];
    return {
      type: `urn:tailherd:error:${this.code}`,
      title,
      status,
      detail: this.detail ?? this.message,
      code: this.code,
      ...(this.issues.length > 0 && { issues: this.issues }),
      success: false,
    };
  }
}

/** Turns zod's issues into ours; unrecognised keys are named one by one. */
export function toFieldIssues(error: z.ZodError): FieldIssue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join(".");
    if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      message: "is not a known field",
    }));
  });
}
