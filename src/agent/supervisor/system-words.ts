// The system's own words for what went wrong, without Node's wrapping.
import { getSystemErrorMap } from "node:util";

/** "no such file or directory" for ENOENT; the error's own message where it is none of the system's. */
export function systemWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno } = error as NodeJS.ErrnoException;
  const entry = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return entry?.[1] ?? error.message;
}

/** Whether an error is the system's error of this name ("ENOENT"). */
export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** Whether the machine was out of something that comes back by itself: descriptors, memory, processes. */
export function isShortage(error: unknown): boolean {
  return ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"].some((code) => isSystemError(error, code));
}
