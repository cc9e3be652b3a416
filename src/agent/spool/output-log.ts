// What an instance wrote: the two files it appends to, and the lines kept from them.
import type { LogLine } from "../../contract/status.ts";
import type { OutputPage, OutputQuery } from "../../contract/agent.ts";

/** The output of one instance, across its generations and across restarts of the agent. */
export interface OutputLog {
  /** Absolute paths that the launch script appends stdout and stderr to. Made (0600) by `open`; must exist before each start. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
  /** Puts a line of ours between the service's ("started, pid 412", "exit 1 after 3 s"). */
  note(text: string): void;
  /** Resolves when everything that the files held at the call is among the lines. Cheap when nothing is new. */
  drain(): Promise<void>;
  /** The newest lines, oldest first, from memory where possible. */
  lastLines(count: number): Promise<LogLine[]>;
  read(query: Omit<OutputQuery, "service" | "index">): Promise<OutputPage>;
  /** Calls back with batches of new lines, after those behind cursor `after` where given; dispose to stop. */
  follow(after: string | undefined, onLines: (lines: LogLine[]) => void): Disposable;
  /** Applies a changed `logs.max_size`, bytes. */
  resize(maxSize: number): void;
  /** Stops reading; the files and what the service writes meanwhile stay for the next open. */
  close(): Promise<void>;
  /** Closes and deletes all of it. */
  remove(): Promise<void>;
}
