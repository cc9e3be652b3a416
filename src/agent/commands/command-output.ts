// What a command prints, on its way to the hub: decoded, made harmless, told at most every 100 ms, and its end kept for the result.
import { StringDecoder } from "node:string_decoder";
import type { Clock, Timer } from "../../base/clock.ts";
import { TailText } from "../../base/tail-text.ts";
import { type CommandOutput, MAX_COMMAND_OUTPUT, MAX_RESULT_OUTPUT } from "../../contract/commands.ts";
import { sanitize } from "../spool/sanitize.ts";

/** Milliseconds between what is told. */
const TELL_EVERY = 100;
/** Characters of one notice: each may take six bytes in JSON, and a message has to stay well below 1 MiB. */
const NOTICE_LENGTH = 65_536;
/** A terminal sequence that the next text may complete. */
// oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
const UNFINISHED = /\u001B(?:\[[0-9;:]{0,32})?$/;

export class OutputTeller {
  private readonly result = new TailText(MAX_RESULT_OUTPUT);
  private waiting = new TailText(MAX_COMMAND_OUTPUT);
  private told = 0;
  private timer: Timer | undefined;
  private readonly clock: Clock;
  private readonly tell: (output: Omit<CommandOutput, "id">) => void;

  constructor(clock: Clock, tell: (output: Omit<CommandOutput, "id">) => void) {
    this.clock = clock;
    this.tell = tell;
  }

  /** One of its streams: give it what comes, then the end. */
  stream(): { take(bytes: Buffer): void; end(): void } {
    const decoder = new StringDecoder("utf8");
    let held = "";
    const take = (text: string, last: boolean): void => {
      const all = held + text;
      held = last ? "" : (UNFINISHED.exec(all)?.[0] ?? "");
      this.add(all.slice(0, all.length - held.length));
    };
    return {
      take: (bytes) => take(decoder.write(bytes), false),
      end: () => take(decoder.end(), true),
    };
  }

  /** Tells what waits; the end of the output, and how many characters came before it. */
  finish(): { output: string; output_dropped: number } {
    this.timer?.cancel();
    this.flush();
    return { output: this.result.text, output_dropped: this.result.dropped };
  }

  private add(raw: string): void {
    const text = raw.split("\n").map(sanitize).join("\n");
    if (text === "") return;
    this.result.add(text);
    this.waiting.add(text);
    this.timer ??= this.clock.after(TELL_EVERY, () => this.flush());
  }

  private flush(): void {
    this.timer = undefined;
    const { text, total } = this.waiting;
    this.waiting = new TailText(MAX_COMMAND_OUTPUT);
    const from = this.told + total - text.length;
    this.told += total;
    for (let at = 0; at < text.length; at += NOTICE_LENGTH) {
      this.tell({ at: from + at, text: text.slice(at, at + NOTICE_LENGTH) });
    }
  }
}
