// Why a process ended: from what the shim told, what the kernel counted and who had asked, to one record in words.
import { constants } from "node:os";
import { MIB, SECOND } from "../../base/units.ts";
import type { ExitCause } from "../../contract/status.ts";

/** The facts of an end. */
export interface EndFacts {
  /** As the shell counts (128 + n for signal n); null when it fell in a gap. */
  status: number | null;
  /** The shell said that it was a signal; without its word a high status may be a code. */
  signalled: boolean;
  /** The kernel's memory limit ended a process of this generation. */
  oom: boolean;
  /** Bytes of the memory limit, where there is one. */
  memoryLimit: number | null;
  /** Who asked for the end, and whether SIGKILL was needed or wanted. */
  asked: { how: "stopped" | "killed" } | null;
  /** Set when it never became the program: what failed, in words. */
  failure: { cause: "failed_to_start" | "hook_failed"; words: string } | null;
  /** Set when a check failed, and it was ended for that: which and why. */
  unhealthy: string | null;
  /** Set when the code is unknown: why. */
  lost: string | null;
  /** Milliseconds it ran; null when unknown. */
  ranFor: number | null;
}

export interface EndWords {
  cause: ExitCause;
  code: number | null;
  signal: string | null;
  /** "exit 1", "killed by SIGSEGV": without how long it ran. */
  short: string;
  message: string;
}

/** Puts an end into words. */
export function describeEnd(facts: EndFacts): EndWords {
  const signal = signalOf(facts);
  const code = facts.status === null || signal !== null ? null : facts.status;
  const cause = causeOf(facts, signal);
  const short = shortWords(facts, cause, code, signal);
  const ended = cause === "check_failed" ? "; ended" : "";
  const after = facts.ranFor === null || facts.failure !== null ? "" : `${ended} after ${formatRun(facts.ranFor)}`;
  return { cause, code, signal, short, message: `${short}${after}` };
}

function causeOf(facts: EndFacts, signal: string | null): ExitCause {
  if (facts.failure !== null) return facts.failure.cause;
  if (facts.unhealthy !== null) return "check_failed";
  if (facts.asked !== null) return facts.asked.how;
  if (facts.oom && facts.status !== 0) return "oom";
  if (facts.status === null) return "lost";
  return signal === null ? "exited" : "signalled";
}

function shortWords(facts: EndFacts, cause: ExitCause, code: number | null, signal: string | null): string {
  const plain = signal === null ? `exit ${code ?? "unknown"}` : `killed by ${signal}`;
  switch (cause) {
    case "failed_to_start":
    case "hook_failed":
      return facts.failure?.words ?? plain;
    case "check_failed":
      return facts.unhealthy ?? plain;
    case "oom": {
      const limit = facts.memoryLimit === null ? "" : ` (limit ${formatBytes(facts.memoryLimit)})`;
      return `${plain}: out of memory${limit}`;
    }
    case "stopped":
      return signal === null ? `stopped, exit ${code ?? "unknown"}` : `stopped by ${signal}`;
    case "killed":
      return "killed by SIGKILL";
    case "lost":
      return `ended, code unknown: ${facts.lost ?? "nobody saw it"}`;
    default:
      return plain;
  }
}

/** INT and PIPE end without a word of the shell, but their codes are hardly used for anything else. */
function signalOf(facts: EndFacts): string | null {
  if (facts.status === null || facts.status <= 128 || facts.failure !== null) return null;
  const number = facts.status - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  if (name === undefined) return facts.signalled ? `signal ${number}` : null;
  return facts.signalled || name === "SIGINT" || name === "SIGPIPE" ? name : null;
}

/** "0.2 s", "3 s", "5 min", "2 h", "3 d". */
export function formatRun(milliseconds: number): string {
  const seconds = milliseconds / SECOND;
  if (seconds < 10) return `${Math.max(0, Math.round(seconds * 10) / 10)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function formatBytes(bytes: number): string {
  return bytes >= MIB ? `${Math.round((bytes / MIB) * 10) / 10} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
