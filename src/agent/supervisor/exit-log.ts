// Keeps why an instance ended, with its last lines, and tells it: once when it happens, and by each later agent under the same id.
import type { Clock } from "../../base/clock.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { ExitRecord } from "../../contract/status.ts";
import type { OutputLog } from "../spool/output-log.ts";
import type { EndWords } from "./exit-words.ts";

const LAST_LINES = 10;

/** Whose ends these are. */
export interface ExitLogOptions {
  service: string;
  index: number;
  serverId: string;
  output: OutputLog;
  clock: Clock;
  event: (event: TailherdEvent) => void;
  /** `last` changed. */
  changed: () => void;
}

/** A generation that ended, or never began. */
export interface EndedRun {
  generation: number;
  /** Unix milliseconds; null when it never began. */
  startedAt: number | null;
  by: string | null;
  /** Bytes at the last sample. */
  memory: number | null;
  /** Nothing of the instance writes any more: an unfinished last line is a line. */
  silent: boolean;
}

export class ExitLog {
  last: ExitRecord | null = null;
  /** Tells this run directory from one of the same name before it; part of event ids. */
  birth: string = crypto.randomUUID().slice(0, 8);
  private readonly options: ExitLogOptions;
  private recording: Promise<void> = Promise.resolve();

  constructor(options: ExitLogOptions) {
    this.options = options;
  }

  /** Waits for what it wrote to be read, then keeps and tells the end; the caller goes on meanwhile. */
  record(words: EndWords, run: EndedRun): void {
    const { output, clock } = this.options;
    const endedAt = new Date(clock.now()).toISOString();
    this.recording = this.recording.then(async () => {
      await output.drain({ final: run.silent }).catch(() => undefined);
      const lines = await output.lastLines(LAST_LINES).catch(() => []);
      this.last = {
        generation: run.generation,
        started_at: run.startedAt === null ? null : new Date(run.startedAt).toISOString(),
        ended_at: endedAt,
        cause: words.cause,
        code: words.code,
        signal: words.signal,
        by: run.by,
        memory: run.memory,
        message: words.message,
        last_lines: lines
          .filter((line) => line.stream !== "tailherd" && line.ts >= (run.startedAt ?? 0))
          .map((line) => line.text),
      };
      output.note(words.message);
      this.options.changed();
      this.tell();
    });
  }

  /**
   * Takes over what the agent before kept, and tells it again: it may have died before anybody heard. One is enough for a gap
   * without an agent, since nothing is restarted in it; of several ends that no hub has heard the older ones are told by no one.
   */
  restore(birth: string, last: ExitRecord | null): void {
    this.birth = birth;
    this.last = last;
    this.tell();
  }

  /** Resolves when all ends are kept. */
  settled(): Promise<void> {
    return this.recording;
  }

  private tell(): void {
    const { last } = this;
    if (last === null) return;
    const { service, index, serverId } = this.options;
    this.options.event({
      type: "instance.exited",
      id: `exit:${serverId}:${service}:${index}:${this.birth}:${last.generation}`,
      at: last.ended_at,
      service,
      server_id: serverId,
      index,
      by: last.by,
      exit: last,
    });
  }
}
