// Decides when to read: at once when the kernel says a file changed, then in steps while more comes, then not at all.
// A watcher costs a callback per write, so in a flood it is taken away until the flood ends; there is no polling at rest.
import { watch, type FSWatcher } from "node:fs";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Pumped } from "./collector.ts";

/** Between two reads of a burst: what a follower waits at most, and long enough for a flood to fill a block. */
const STEP = 4;
const RETRY = 1 * SECOND;
/** So many events within one burst make it a flood; below that, watching anew costs more than they do. */
const FLOOD = 32;

export interface WakerParts {
  files: string[];
  clock: Clock;
  /** Reads one turn's worth; `bytes` is what it took. */
  pump: () => { pumped: Pumped; bytes: number };
  /** Nothing more to do for now. */
  onRest: () => void;
}

/** The states are: asleep (watching), stepping (a timer or an immediate is set), closed. */
export class Waker {
  private readonly parts: WakerParts;
  private watchers: FSWatcher[] = [];
  private timer: Timer | undefined;
  private immediate: NodeJS.Immediate | undefined;
  /** Events since the last rest that told nothing new. */
  private ignored = 0;
  private closed = false;

  constructor(parts: WakerParts) {
    this.parts = parts;
  }

  /** Reads now, and goes on for as long as more comes. */
  wake(): void {
    if (this.closed) return;
    this.cancelStep();
    const { pumped, bytes } = this.parts.pump();
    if (pumped === "more") this.immediate = setImmediate(() => this.wake());
    else if (pumped === "stuck") this.sleepUntilRetry();
    else if (bytes > 0) this.timer = this.parts.clock.after(STEP, () => this.wake());
    else this.sleep();
  }

  close(): void {
    this.closed = true;
    this.cancelStep();
    this.unwatch();
  }

  /** Watches first and looks once more after, so that no write falls between. */
  private sleep(): void {
    if (this.watchers.length > 0) {
      this.ignored = 0;
      return this.parts.onRest();
    }
    try {
      this.watchers = this.parts.files.map((file) => this.watchFile(file));
    } catch {
      // No inotify instance or watch left: look once a second until there is.
      this.unwatch();
      return this.sleepUntilRetry();
    }
    this.wake();
  }

  private watchFile(file: string): FSWatcher {
    const watcher = watch(file, { persistent: false });
    watcher.on("change", () => {
      // What was written before this event is found by the step that is due.
      const isDue = this.timer !== undefined || this.immediate !== undefined;
      if (!isDue) this.wake();
      else if (++this.ignored > FLOOD) this.unwatch();
    });
    watcher.on("error", () => {
      this.unwatch();
      this.sleepUntilRetry();
    });
    return watcher;
  }

  private sleepUntilRetry(): void {
    this.cancelStep();
    this.timer = this.parts.clock.after(RETRY, () => this.wake());
    this.parts.onRest();
  }

  private cancelStep(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.immediate !== undefined) clearImmediate(this.immediate);
    this.immediate = undefined;
  }

  private unwatch(): void {
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
  }
}
