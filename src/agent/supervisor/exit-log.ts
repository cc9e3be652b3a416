// Keeps why an instance ended, with its last lines, and tells it: once when it happens, and with the ends before it to whoever
// listens anew, always under the same id. So what happened while nobody heard is told later, and what is known already is known.
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../base/clock.ts";
import { KIB } from "../../base/units.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { ExitRecord } from "../../contract/status.ts";
import type { OutputLog } from "../spool/output-log.ts";
import type { EndWords } from "./exit-words.ts";
import { type EndedRun, endsSchema, type InstanceRecord } from "./instance-record.ts";
import type { StateFile } from "./state-file.ts";

const LAST_LINES = 10;
/** Ends kept of an instance ... */
const ENDS_KEPT = 20;
/** ... and characters that they take; older ones lose their last lines before that. */
const ENDS_SIZE = 64 * KIB;
/** Milliseconds: on a busy machine the restart that was ordered gets its turn when we sleep, and reading can wait. */
const RECORD_AFTER = 2;

/** Whose ends these are. */
export interface ExitLogOptions {
  service: string;
  index: number;
  serverId: string;
  output: OutputLog;
  file: StateFile;
  clock: Clock;
  event: (event: TailherdEvent) => void;
  /** Nothing of the instance writes any more: an unfinished last line is a line. */
  isSilent: () => boolean;
  /** `last` or `endings` changed. */
  changed: () => void;
  complain: (error: unknown, words: string) => void;
}

export class ExitLog {
  /** Tells this run directory from one of the same name before it; part of event ids. */
  birth: string = crypto.randomUUID().slice(0, 8);
  /** Ends whose output is still being read, oldest first: the next agent goes on with them. */
  endings: EndedRun[] = [];
  /** Oldest first. */
  private ends: readonly ExitRecord[] = [];
  private readonly options: ExitLogOptions;
  private recording: Promise<void> = Promise.resolve();

  constructor(options: ExitLogOptions) {
    this.options = options;
  }

  /** Why the last generation ended. */
  get last(): ExitRecord | null {
    return this.ends.at(-1) ?? null;
  }

  /**
   * Keeps the end from now on, waits for what it wrote to be read, and tells it; the caller goes on meanwhile. To be called before
   * what follows from the end is kept, or an agent that dies in between has heard of no end.
   */
  record(words: EndWords, run: Omit<EndedRun, keyof EndWords | "endedAt"> & { endedAt?: number }): void {
    const { cause, code, signal, message } = words;
    this.read({ endedAt: this.options.clock.now(), ...run, cause, code, signal, message });
  }

  /** Takes over what the agent before kept; either file says enough when the other is damaged. */
  restore(record: Pick<InstanceRecord, "birth" | "lastExit" | "endings"> | undefined): void {
    const read = this.options.file.read();
    const parsed = read.outcome === "read" ? endsSchema.safeParse(read.record) : undefined;
    const kept = parsed?.success === true ? parsed.data : undefined;
    this.birth = record?.birth ?? kept?.birth ?? this.birth;
    if (kept?.birth === this.birth) this.ends = kept.ends;
    if (record === undefined) return;
    const { lastExit } = record;
    if (lastExit !== null && !this.ends.some(({ generation }) => generation === lastExit.generation)) {
      this.ends = keepEnds(this.ends, lastExit);
      this.keep();
    }
    for (const ending of record.endings) this.read(ending);
  }

  /** Resolves when all ends are kept. */
  settled(): Promise<void> {
    return this.recording;
  }

  /** What is known of ends, to be told again: oldest first. */
  events(): TailherdEvent[] {
    return this.ends.map((exit) => this.eventOf(exit));
  }

  private read(ending: EndedRun): void {
    const { output } = this.options;
    this.endings.push(ending);
    this.recording = this.recording.then(async () => {
      await sleep(RECORD_AFTER);
      await output.drain({ final: this.options.isSilent() }).catch(() => undefined);
      const lines = await output.lastLines(LAST_LINES).catch(() => []);
      const { startedAt, endedAt, ...rest } = ending;
      const end: ExitRecord = {
        ...rest,
        started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
        ended_at: new Date(endedAt).toISOString(),
        last_lines: lines
          .filter((line) => line.stream !== "tailherd" && line.ts >= (startedAt ?? 0))
          .map((line) => line.text),
      };
      output.note(end.message);
      this.endings = this.endings.filter((other) => other !== ending);
      this.ends = keepEnds(this.ends, end);
      // Told before it is kept as told: an agent that dies in between tells it again, under the same id.
      this.options.event(this.eventOf(end));
      this.keep();
      this.options.changed();
    });
  }

  private keep(): void {
    try {
      this.options.file.write({ birth: this.birth, ends: this.ends });
    } catch (error) {
      // The last one stands in the instance's record too.
      this.options.complain(error, "cannot keep the instance's ends");
    }
  }

  private eventOf(exit: ExitRecord): TailherdEvent {
    const { service, index, serverId } = this.options;
    return {
      type: "instance.exited",
      id: `exit:${serverId}:${service}:${index}:${this.birth}:${exit.generation}`,
      at: exit.ended_at,
      service,
      server_id: serverId,
      index,
      by: exit.by,
      exit,
    };
  }
}

/** The last ends, oldest first, one of each generation: the first that was told of it stays. */
export function keepEnds(ends: readonly ExitRecord[], end: ExitRecord): ExitRecord[] {
  if (ends.some(({ generation }) => generation === end.generation)) return [...ends];
  const kept = [...ends.slice(-(ENDS_KEPT - 1)), end];
  let size = 0;
  return kept
    .toReversed()
    .map((one, age) => {
      size += one.last_lines.reduce((sum, line) => sum + line.length, 0);
      // What a hub should still hear of an old end is that, when and why.
      return age === 0 || size <= ENDS_SIZE ? one : { ...one, last_lines: [] };
    })
    .toReversed();
}
