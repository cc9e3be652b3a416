// What the hub and the metrics' process say to one another.
import type { AnsweredSeries, Question } from "./answer.ts";
import type { EngineStats } from "./engine.ts";
import type { UnavailableError } from "./metrics-database.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type { RetentionPolicy } from "./metrics-store.ts";

/** What the process can do: its arguments and its result; see `Engine`. */
export interface ProcessMethods {
  takeIn: { args: { path: string }; result: void };
  sealDue: { args: { now: number; budget: number }; result: number | null };
  query: { args: { question: Question; files: string[] }; result: AnsweredSeries[] };
  topAt: { args: { server: string; at: number; streams: Uint8Array[] }; result: TopProcesses | undefined };
  drop: { args: { policy: RetentionPolicy; now: number }; result: boolean };
  forget: { args: { server: string }; result: void };
  stats: { args: object; result: EngineStats };
  /** Closes the database; the process ends. */
  end: { args: object; result: void };
}

export type ProcessRequest = {
  [Method in keyof ProcessMethods]: { id: number; method: Method } & ProcessMethods[Method]["args"];
}[keyof ProcessMethods];

/** Errors lose their class on the way: the code of an `UnavailableError`, or null, and the words. */
export type ProcessReply =
  | { id: number; result: unknown }
  | { id: number; error: { code: UnavailableError["code"] | null; message: string } };
