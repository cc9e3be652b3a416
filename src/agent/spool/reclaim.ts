// Keeps the service's files small while it runs: holes where the filesystem can, freeze–drain–truncate–thaw where it cannot.
// Without either they grow until the instance stops (`settle`).
import { GIB, MIB } from "../../base/units.ts";
import type { Collector } from "./collector.ts";
import type { OutputLogOptions, Puncher } from "./output-log.ts";
import type { FileStream, SourceFile } from "./source-file.ts";

export interface ReclaimParts extends Pick<OutputLogOptions, "freeze" | "logger"> {
  collector: Collector;
  sources: Record<FileStream, SourceFile>;
  puncher: Puncher | null;
}

/**
 * What an instance may hold on disk beyond its quota: a quarter of it in each of the two files waits to be worth a hole, the rest
 * is for what a flood writes while a hole is punched.
 */
export const OVERHANG = 16 * MIB;
/** Spawning costs a few milliseconds, in which nothing is read, so not for less than this. */
const WORTHWHILE = OVERHANG / 4;
/** A file's apparent size grows with every hole; ext4 ends at 16 TiB. */
const TOO_LONG = 1024 * GIB;
/** A service mid-line when frozen gets another chance, so that its line stays whole. */
const FREEZE_ATTEMPTS = 20;

/** Gives space back, one act at a time. */
export class Reclaimer {
  private readonly parts: ReclaimParts;
  private readonly given: Record<FileStream, number> = { stdout: 0, stderr: 0 };
  private canPunch: boolean;
  private failedFreezes = 0;
  private pauses = 0;
  private running: Promise<void> | undefined;

  constructor(parts: ReclaimParts) {
    this.parts = parts;
    this.canPunch = parts.puncher !== null;
  }

  /** Called after each turn of reading; starts giving back when it is worth it. */
  consider(): void {
    if (this.running !== undefined || this.pauses > 0) return;
    const streams = (["stdout", "stderr"] as const).filter((stream) => this.due(stream));
    if (streams.length === 0) return;
    this.running = this.reclaim(streams).finally(() => {
      this.running = undefined;
    });
  }

  /** Resolves when nothing of it is under way; nothing begins until disposed. */
  async pause(): Promise<Disposable> {
    this.pauses++;
    await this.running;
    return {
      [Symbol.dispose]: () => {
        this.pauses--;
      },
    };
  }

  private due(stream: FileStream): boolean {
    const offset = this.parts.collector.recorded[stream];
    // The file was emptied since.
    if (offset < this.given[stream]) this.given[stream] = 0;
    if (!this.canPunch && this.parts.freeze === undefined) return false;
    return offset - this.given[stream] >= WORTHWHILE;
  }

  private async reclaim(streams: FileStream[]): Promise<void> {
    try {
      for (const stream of streams) {
        if (this.parts.sources[stream].offset > TOO_LONG && (await this.emptyFrozen([stream]))) continue;
        await this.punch(stream);
      }
      if (!this.canPunch) await this.emptyFrozen(streams);
    } catch (error) {
      this.parts.logger.warn({ error }, "cannot give the space of read output back");
    }
  }

  private async punch(stream: FileStream): Promise<void> {
    const { puncher, collector, sources } = this.parts;
    if (puncher === null || !this.canPunch) return;
    const length = collector.recorded[stream];
    this.given[stream] = length;
    this.canPunch = await puncher.punch(sources[stream].file, length);
  }

  /** Stops the service, takes its last bytes, empties the files, lets it go on; answers whether all were emptied. */
  private async emptyFrozen(streams: FileStream[]): Promise<boolean> {
    const { freeze, collector } = this.parts;
    if (freeze === undefined) return false;
    await using frozen = await freeze();
    void frozen;
    // Frozen, it writes no more: this ends.
    const final = this.failedFreezes >= FREEZE_ATTEMPTS;
    while (collector.pump({ final }) === "more");
    const emptied = streams.map((stream) => collector.empty(stream)).every(Boolean);
    this.failedFreezes = emptied ? 0 : this.failedFreezes + 1;
    return emptied;
  }
}
