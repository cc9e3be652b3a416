// One line on a terminal's stderr that is written over while something goes on; nothing elsewhere.
import type { Context } from "../context.ts";

const CLEAR = "\r\u001B[K";

/** Dispose it to remove the line. */
export class ProgressLine implements Disposable {
  private readonly stream: NodeJS.WriteStream;
  private shown = "";

  constructor(context: Context) {
    this.stream = context.io.stderr;
  }

  show(text: string): void {
    if (!this.stream.isTTY || text === this.shown) return;
    this.shown = text;
    this.stream.write(CLEAR + text);
  }

  [Symbol.dispose](): void {
    if (this.shown !== "") this.stream.write(CLEAR);
    this.shown = "";
  }
}
