// What the hub's main thread and the metrics' worker say to one another.
import type { ErrorCode } from "../../contract/error-table.ts";
import type { AnsweredSeries, Question } from "./answer.ts";
import type { EngineStats } from "./engine.ts";
import type { RetentionPolicy, TopList } from "./metrics-store.ts";

/** What the worker can do: its arguments and its result; see `Engine`. */
export interface WorkerMethods {
  takeIn: { args: { path: string }; result: void };
  sealDue: { args: { now: number; budget: number }; result: number | null };
  query: { args: { question: Question }; result: AnsweredSeries[] };
  topAt: { args: { server: string; at: number; streams: Uint8Array[] }; result: TopList | undefined };
  drop: { args: { policy: RetentionPolicy; now: number }; result: boolean };
  forget: { args: { server: string }; result: void };
  stats: { args: object; result: EngineStats };
  /** Closes the database; the thread ends. */
  end: { args: object; result: void };
}

export type WorkerRequest = {
  [Method in keyof WorkerMethods]: { id: number; method: Method } & WorkerMethods[Method]["args"];
}[keyof WorkerMethods];

/** Errors lose their class between threads: the code of a `TailherdError`, or null, and the words. */
export type WorkerReply =
  | { id: number; result: unknown }
  | { id: number; error: { code: ErrorCode | null; message: string } };
