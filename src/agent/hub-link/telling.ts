// Tells the journal to the hub, in order, batch by batch; what the hub confirms is forgotten.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError, type ErrorCode } from "../../contract/errors.ts";
import type { HubMethod, HubParams, HubResult, JournalEntry } from "../../contract/link.ts";
import type { Journal } from "../journal/journal.ts";

/** A batch stays well below the 256 KiB that a hub takes in one message. */
const BATCH_ENTRIES = 200;
const BATCH_BYTES = 128 * 1024;
const DEADLINE = 30 * SECOND;
/** A hub that cannot store now (a full disk) is asked again after so long; the link is as good as before. */
const AGAIN_AFTER = 2 * SECOND;
/** These say that the link carries no more. */
const BROKEN = new Set<ErrorCode>(["agent_away", "timed_out"]);

/** Asks the hub; rejects when the link is gone or the answer late. */
export type AskHub = <M extends HubMethod>(method: M, params: HubParams<M>, deadline: number) => Promise<HubResult<M>>;

/** One link's telling; ends when the link breaks. */
export class Telling {
  private readonly journal: Journal;
  private readonly clock: Clock;
  private readonly tasks: boolean;
  private readonly ask: AskHub;
  private readonly failed: (error: unknown) => void;
  private sentTo: number;
  private busy = false;
  private ended = false;
  private again: Timer | undefined;

  /** `confirmed` is what the hub said it has; `tasks`, that it takes runs of tasks. */
  constructor(
    { journal, clock, tasks }: { journal: Journal; clock: Clock; tasks: boolean },
    confirmed: number,
    ask: AskHub,
    failed: (error: unknown) => void,
  ) {
    this.journal = journal;
    this.clock = clock;
    this.tasks = tasks;
    this.ask = ask;
    this.failed = failed;
    journal.confirm(confirmed);
    this.sentTo = Math.max(confirmed, journal.confirmed);
  }

  /** There may be something new. */
  poke(): void {
    if (!this.busy && !this.ended && this.again === undefined) void this.run();
  }

  /** Nothing is told any more. */
  end(): void {
    this.ended = true;
    this.again?.cancel();
  }

  private tryAgain(): void {
    if (this.ended) return;
    this.again = this.clock.after(AGAIN_AFTER, () => {
      this.again = undefined;
      this.poke();
    });
  }

  private async run(): Promise<void> {
    this.busy = true;
    try {
      for (;;) {
        const entries = this.journal.read(this.sentTo, BATCH_ENTRIES, BATCH_BYTES);
        const last = entries.at(-1);
        if (last === undefined || this.ended) return;
        const known = this.tasks ? entries : entries.map((entry) => (entry.kind === "run" ? untold(entry.seq) : entry));
        const { confirmed } = await this.ask("tell", { journal: this.journal.id, entries: known }, DEADLINE);
        this.sentTo = Math.max(last.seq, confirmed);
        this.journal.confirm(confirmed);
      }
    } catch (error) {
      if (error instanceof TailherdError && !BROKEN.has(error.code)) this.tryAgain();
      else {
        this.ended = true;
        this.failed(error);
      }
    } finally {
      this.busy = false;
    }
  }
}

/** A hub of before knows of no tasks; its place in the numbers it must have. */
function untold(seq: number): JournalEntry {
  return { kind: "dropped", seq, entries: 1, reason: "this hub knows of no tasks" };
}
