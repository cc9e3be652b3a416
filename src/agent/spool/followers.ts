// Tells followers of new lines, in batches read from where each of them is: memory does not grow with what they are behind.
import type { LogLine } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { BlockReader } from "./block-reader.ts";
import { decodeLines } from "./lines.ts";

const BATCH = 1000;

class Follower {
  next: number;
  readonly tell: (lines: LogLine[]) => void;
  /** Being told at the moment; what comes meanwhile is found by the round after. */
  busy = false;
  ended = false;

  constructor(next: number, tell: (lines: LogLine[]) => void) {
    this.next = next;
    this.tell = tell;
  }
}

/** All who follow one log. */
export class Followers {
  private readonly reader: BlockReader;
  private readonly logger: Logger;
  private readonly end: () => number;
  private readonly all = new Set<Follower>();

  constructor(reader: BlockReader, logger: Logger, end: () => number) {
    this.reader = reader;
    this.logger = logger;
    this.end = end;
  }

  /** Starts with line number `next`. */
  add(next: number, tell: (lines: LogLine[]) => void): Disposable {
    const follower = new Follower(next, tell);
    this.all.add(follower);
    this.serve(follower);
    return {
      [Symbol.dispose]: () => {
        follower.ended = true;
        this.all.delete(follower);
      },
    };
  }

  /** Something was appended. */
  serveAll(): void {
    for (const follower of this.all) this.serve(follower);
  }

  close(): void {
    for (const follower of this.all) follower.ended = true;
    this.all.clear();
  }

  private serve(follower: Follower): void {
    if (follower.busy || follower.next >= this.end()) return;
    follower.busy = true;
    this.catchUp(follower)
      .catch((error: unknown) => this.logger.warn({ error }, "cannot read output for a follower"))
      .finally(() => {
        follower.busy = false;
      });
  }

  private async catchUp(follower: Follower): Promise<void> {
    while (!follower.ended && follower.next < this.end()) {
      const end = this.end();
      for await (const block of this.reader.forward(follower.next)) {
        for (let from = Math.max(0, follower.next - block.start.line); from < block.lines; from += BATCH) {
          if (follower.ended) return;
          const to = Math.min(block.lines, from + BATCH);
          follower.next = block.start.line + to;
          follower.tell(decodeLines(block, from, to));
          // Others get their turn between batches.
          if (to < block.lines) await new Promise((resolve) => setImmediate(resolve));
        }
      }
      // Lines dropped at the end have no block.
      follower.next = Math.max(follower.next, end);
    }
  }
}
