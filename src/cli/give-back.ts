// Gives back the memory of a rush. V8 collects when it needs room, and keeps what it has; a process that goes on to wait for
// months would hold all that its start, and each crowd of starts, ever needed.
import { getHeapStatistics } from "node:v8";
import type { Clock } from "../base/clock.ts";
import { MIB, SECOND } from "../base/units.ts";

/** Between two looks. One costs some ten microseconds. */
const LOOK_EVERY = 1 * SECOND;
/** A collection stops everything for some 30 ms, so it waits for a second that was as quiet as this: the share of a core. */
const QUIET = 0.05;
/** What there must be to gain. Two of it are the young generation, which a collection shrinks and the next work brings back. */
const WORTH = 3 * MIB;

/** The heap and the work of a process; the process itself, and in tests what they say. */
export interface Surveyed {
  /** Bytes that V8 holds. */
  heap: () => number;
  /** Microseconds of CPU time since the process began. */
  cpu: () => number;
  /** Collects all there is and gives what is free back to the system. */
  collect: () => void;
}

/** Collects after each rush, once it is over, until disposed. */
export function giveBackAfterRushes(surveyed: Surveyed, clock: Clock): Disposable {
  let kept = 0;
  let before = { cpu: surveyed.cpu(), at: clock.monotonic() };
  let timer = clock.after(LOOK_EVERY, look);
  function look(): void {
    const now = { cpu: surveyed.cpu(), at: clock.monotonic() };
    const busy = (now.cpu - before.cpu) / 1000 / (now.at - before.at);
    before = now;
    if (isWorthIt({ heap: surveyed.heap(), kept, busy })) {
      surveyed.collect();
      kept = surveyed.heap();
    }
    timer = clock.after(LOOK_EVERY, look);
  }
  return { [Symbol.dispose]: () => timer.cancel() };
}

/** `kept`: bytes that V8 held after the last collection, 0 before the first. `busy`: share of a core used since the last look. */
export function isWorthIt({ heap, kept, busy }: { heap: number; kept: number; busy: number }): boolean {
  return busy < QUIET && heap >= kept + WORTH;
}

/** This process, where it was started with a collector that can be asked (see small-process.ts); otherwise undefined. */
export function surveyedProcess(process: NodeJS.Process, gc = globalThis.gc): Surveyed | undefined {
  if (gc === undefined) return undefined;
  return {
    // process.memoryUsage() says it too, but opens a file for it, and throws where there is no descriptor left.
    heap: () => getHeapStatistics().total_heap_size,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    collect() {
      // The other flavour frees for V8 itself, and gives little of it back.
      gc({ type: "major", execution: "sync", flavor: "last-resort" });
    },
  };
}
