// What an instance wrote: the two files it appends to, and the lines kept from them. `openOutputLog` is in open-output-log.ts.
import type { Clock } from "../../base/clock.ts";
import type { OutputPage, OutputQuery } from "../../contract/agent.ts";
import type { LogLine } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";

/** Lines and bytes of output that are gone for good, and why ("quota", "disk full", "backlog"). */
export interface DroppedOutput {
  lines: number;
  bytes: number;
  reason: string;
}

/** Gives back the space of what was read. */
export interface Puncher {
  /** Frees the first `length` bytes of a file without changing its size; false where the filesystem or the machine cannot. */
  punch(file: string, length: number): Promise<boolean>;
}

export interface OutputLogOptions {
  /** Where the service's two files and the place we have read to live; made 0700 when missing. */
  runDir: string;
  /** Where the kept lines live; made 0700 when missing. Belongs to this instance alone. */
  logDir: string;
  /** Bytes of kept output, `logs.max_size`. */
  maxSize: number;
  clock: Clock;
  logger: Logger;
  /** Told at most every 5 s, summed up. */
  onDropped?: (dropped: DroppedOutput) => void;
  /**
   * Stops the instance's processes until disposed; used only where holes cannot be punched, for a few milliseconds. After a
   * crash of ours in between, open the log again before thawing: the truncation is recognised by the file's size.
   */
  freeze?: () => Promise<AsyncDisposable>;
  /** `fallocate --punch-hole` unless given; null: as on a filesystem that cannot. */
  puncher?: Puncher | null;
}

/** The output of one instance, across its generations and across restarts of the agent. */
export interface OutputLog {
  /** Absolute paths that the launch script appends stdout and stderr to. Made (0600) by `open`; must exist before each start. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
  /** Puts a line of ours between the service's ("started, pid 412", "exit 1 after 3 s"), after all that the files hold now. */
  note(text: string): void;
  /**
   * Resolves when everything that the files held at the call is among the lines. Cheap when nothing is new. An unfinished last
   * line waits for its end, except with `final` (the writer is gone): then it counts as a line.
   */
  drain(options?: { final?: boolean }): Promise<void>;
  /** Drains to the last byte and empties the files. Only while nothing of the instance runs: before each start. */
  settle(): Promise<void>;
  /** The newest lines, oldest first, from memory where possible. */
  lastLines(count: number): Promise<LogLine[]>;
  read(query: Omit<OutputQuery, "service" | "index">): Promise<OutputPage>;
  /** Calls back with batches of new lines, after those behind cursor `after` where given; dispose to stop. */
  follow(after: string | undefined, onLines: (lines: LogLine[]) => void): Disposable;
  /**
   * Keeps these values out of all that is stored from now on, those of the call before too, also after a restart of the agent.
   * Throws when they cannot be remembered for that.
   */
  redact(values: readonly string[]): void;
  /** Applies a changed `logs.max_size`, bytes. */
  resize(maxSize: number): void;
  /** Stops reading; the files and what the service writes meanwhile stay for the next open. */
  close(): Promise<void>;
  /** Closes and deletes all of it. */
  remove(): Promise<void>;
}
