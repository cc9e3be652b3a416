// What all kinds of looks have in common.
import type { LaunchText } from "../../supervisor/launch-script.ts";
import type { OutputLog } from "../../spool/output-log.ts";
import { isShortage, systemWords } from "../../supervisor/system-words.ts";
import { ForbiddenAddress } from "../addresses.ts";
import type { Calls } from "../beat/calls.ts";
import type { Ear } from "../ear.ts";
import type { Outcome } from "../judge.ts";
import type { Hearing } from "../notify/said.ts";

/** What is looked at: one generation of an instance. */
export interface Subject {
  /** How it was launched: its user, directory and environment. */
  launch: () => LaunchText;
  /** Unix milliseconds. */
  launchedAt: number;
  output: OutputLog;
  now: () => number;
  /** What it says by sd_notify. */
  notify: Ear<Hearing>;
  /** Calls of its heartbeat URL. */
  beats: Ear<Calls>;
  /** A text without the values that the definition calls secret. */
  hide: (text: string) => string;
}

/** Looks when asked, one look at a time. */
export interface Probe {
  /**
   * Begins a look; `done` is called at most once, and not after the look was cut, with null where nobody could look. Answers how to cut
   * it.
   */
  look(done: (outcome: Outcome | null) => void): () => void;
  /** Lets go of what it holds between looks. */
  close?(): void;
}

export const WELL: Outcome = { ok: true, message: null };

/** A failure in words. */
export function failure(message: string): Outcome {
  return { ok: false, message };
}

/** A failure in words; null where the machine had nothing left to look with, which says nothing of the service. */
export function unlessShort(error: unknown, words: () => string): Outcome | null {
  return isShortage(error) ? null : failure(words());
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "closed without an answer",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name could not be resolved",
  ETIMEDOUT: "no connection",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "an authority of the certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the authority of the certificate is not known",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the authority of the certificate is not known",
  CERT_HAS_EXPIRED: "the certificate has expired",
};

/** What a connection failed for. */
export function connectionWords(error: unknown, where: string): string {
  if (error instanceof ForbiddenAddress) return error.message;
  if (error instanceof AggregateError) return connectionWords(error.errors[0], where);
  const { code = "", message = "" } = error as { code?: string; message?: string };
  const own = WORDS[code];
  if (own !== undefined) return `${own} (${where})`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate is for another name (${where})`;
  if (code.startsWith("HPE_")) return `what came is no HTTP (${where})`;
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") return `TLS failed (${where})`;
  return `${code === "" || code.startsWith("ERR_") ? message : systemWords(error)} (${where})`;
}

/** Addresses of this machine's own loopback, in the order in which they are tried: some programs listen on one of them only. */
export const LOOPBACK = ["127.0.0.1", "::1"] as const;

/** True when it is worth trying the other loopback address. */
export function isRefused(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ECONNREFUSED" || code === "EADDRNOTAVAIL";
}
