// Errors on their way out: problem details (RFC 9457), never a stack.
import { TailherdError } from "../../contract/errors.ts";
import type { Logger } from "../../runtime/logger.ts";
import { API_HEADERS } from "./headers.ts";
import type { Reply } from "./reply.ts";

/** What anything thrown is to the caller: our own refusals as they are, all else `internal`, told in the log. */
export function toTailherdError(error: unknown, logger: Logger, what: string): TailherdError {
  if (error instanceof TailherdError) return error;
  if (isReplaced(error)) {
    return new TailherdError(
      "degraded",
      `Cannot answer ${what}: tailherd was upgraded while this one ran; restart it (services go on)`,
      { cause: error },
    );
  }
  const want = wantOf(error);
  if (want !== undefined) {
    logger.warn({ err: error, request: what }, "A request could not be done now");
    return new TailherdError(want.code, `Cannot answer ${what}: ${want.words}`, { cause: error });
  }
  logger.error({ err: error, request: what }, "A request broke something of ours");
  return new TailherdError("internal", `Cannot answer ${what}: something of ours broke; the hub's log says more`);
}

/** Parts that are loaded when they are wanted have other names in another build. */
function isReplaced(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

/** What the machine lacks, when that is why: no mistake of ours, and over when it has it again. */
function wantOf(error: unknown): { code: "degraded" | "disk_full"; words: string } | undefined {
  const codes = [error, error instanceof Error ? error.cause : undefined].map((each) =>
    each instanceof Error && "code" in each ? each.code : undefined,
  );
  if (codes.some((code) => code === "EMFILE" || code === "ENFILE")) {
    return { code: "degraded", words: "no file descriptors are left (ulimit -n); try again when some are free" };
  }
  if (codes.some((code) => code === "ENOSPC" || code === "EDQUOT")) {
    return { code: "disk_full", words: "the disk is full; free some space and try again" };
  }
  return undefined;
}

/** The refusal as an answer. */
export function problemReply(error: TailherdError): Reply & { body: string } {
  const problem = error.toProblem();
  const headers: Record<string, string> = { ...API_HEADERS, "content-type": "application/problem+json" };
  if (error.code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="tailherd"';
  if (error.code === "rate_limited") headers["retry-after"] = "60";
  // What is left of the body is not read, so the connection cannot serve another request.
  if (error.code === "too_large" || error.code === "wrong_type") headers.connection = "close";
  return { status: problem.status, headers, body: JSON.stringify(problem) };
}
