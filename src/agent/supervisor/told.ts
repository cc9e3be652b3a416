// Watches what an instance's shim and launch tell in the run directory, and what no shim can tell when it was killed.
import { type FSWatcher, watch } from "node:fs";
import { isGone, isPidTaken } from "../processes/process-table.ts";
import { identify } from "./adoption.ts";
import type { Ending } from "./ending.ts";
import type { InstanceLife } from "./instance-life.ts";
import { type Run, waitedFor } from "./instance-record.ts";
import type { ToldExit } from "./run-directory.ts";
import type { Starting } from "./starting.ts";

/** Every so many intervals also what the kernel tells us unasked is looked at: an event may have been lost. */
const THOROUGH_EVERY = 12;
const SHIM_KILLED = "its shim was killed";

export class Told {
  private readonly life: InstanceLife;
  private readonly starting: Starting;
  private readonly ending: Ending;
  private readonly unordered: () => void;
  private watcher: FSWatcher | undefined;
  /** Set while a service without a shim is watched by its cgroup. */
  private unshimmed: AbortController | undefined;
  private ticks: number;

  /** `unordered`: nothing is known to run, and yet a launch may have told of itself. */
  constructor(life: InstanceLife, starting: Starting, ending: Ending, unordered: () => void) {
    this.life = life;
    this.unordered = unordered;
    this.starting = starting;
    this.ending = ending;
    // Not all instances at once.
    this.ticks = life.tools.random() * THOROUGH_EVERY;
  }

  /** Begins to watch. */
  open(): void {
    const { life } = this;
    this.watcher = watch(life.directory.told, { persistent: false }, (_, file) => {
      // Written right before the exit: to look because of it would only delay the look that finds something.
      if (file !== "words") this.look();
    });
    this.watcher.on("error", (error) => life.complain(error, "cannot watch the run directory"));
  }

  close(): void {
    this.watcher?.close();
    this.unshimmed?.abort();
  }

  /** Reads what was told; cheap, so that any hint that something changed is worth a look. */
  look(): void {
    const { life } = this;
    if (life.closed) return;
    this.lookForShim();
    const { run } = life;
    if (run === null) {
      this.unordered();
      return;
    }
    if (run.process === null) this.lookForPid(run);
    if (run.process !== null && !run.hookDone) this.lookForHook(run);
    const exit = life.directory.readExit();
    if (exit?.generation === run.generation) this.ended(exit, null);
  }

  /** Once an interval: sees what no shim will tell. */
  tick(): void {
    const { life } = this;
    if (life.run === null) return;
    this.ticks += 1;
    const thorough = this.ticks >= THOROUGH_EVERY;
    if (thorough) this.ticks = 0;
    // What was told while there were no descriptors could not be read.
    const { process: known } = life.run;
    if (thorough || known === null || !isPidTaken(known.pid)) this.look();
    const { shim } = life;
    // Whether the pid is another's by now is dearer to ask, and hardly ever so.
    const suspicious = thorough || (shim.process !== null && !isPidTaken(shim.process.pid));
    if (suspicious && shim.forgetIfGone()) this.lostShim();
    const process = life.run?.process;
    if (life.shim.process === null && process != null && isGone(life.tools.table, process))
      this.ended(null, SHIM_KILLED);
  }

  /** Nobody will tell the end of what runs: its empty cgroup does. */
  lostShim(): void {
    const { life } = this;
    life.tools.logger.warn({ service: life.service, index: life.index }, "the shim was killed; its service goes on");
    const { run } = life;
    if (run?.process == null || this.unshimmed !== undefined) return;
    const watching = new AbortController();
    this.unshimmed = watching;
    void life.tools.containment.whenEmpty(life.contained, watching.signal).then((empty) => {
      this.unshimmed = undefined;
      if (empty && life.run === run && !life.closed) this.ended(null, SHIM_KILLED);
    });
  }

  private ended(exit: ToldExit | null, lost: string | null): void {
    this.unshimmed?.abort();
    this.ending.ended(exit, lost);
  }

  private lookForShim(): void {
    const { life, starting } = this;
    const news = life.shim.look();
    if (news === "came" && life.run !== null && life.run.process === null) {
      // This shim did not see the end before: it has to be kept.
      life.settle();
      life.shim.start(life.generation);
    }
    if (news !== "refused") return;
    life.run = null;
    life.clearTimer();
    starting.refuse("its shim may not enter its cgroup");
  }

  private lookForPid(run: Run): void {
    const { life, starting } = this;
    const told = life.directory.readPid();
    if (told?.generation !== run.generation) return;
    const process = identify(told, life.tools.table);
    if (process === undefined) return;
    run.process = process;
    run.waited = waitedFor(run, process, life.tools.table);
    if (run.hookDone) starting.awaitAlive(run);
    else starting.awaitHook(run);
    life.persistSoon();
    life.changed();
  }

  private lookForHook(run: Run): void {
    const told = this.life.directory.readReason();
    if (told?.generation !== run.generation || told.words[0] !== "exec") return;
    run.hookDone = true;
    this.starting.awaitAlive(run);
  }
}
