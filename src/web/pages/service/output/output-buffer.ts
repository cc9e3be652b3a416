// The lines of output that the browser holds: bounded, without doubles, filtered as they come. Pure; the view draws from it.
import type { LogLine } from "../../../../contract/status.ts";
import { Signal } from "../../../api/signal.ts";

/** Lines kept while the newest are followed. */
export const MOST_LINES = 20_000;
/** Lines kept while somebody reads further up: pausing drops nothing for a long time, but not without bound. */
export const MOST_LINES_PAUSED = 2 * MOST_LINES;

export type StreamChoice = "all" | "stdout" | "stderr";

export interface Filter {
  /** Literal, any case; empty shows all. */
  text: string;
  stream: StreamChoice;
}

export class OutputBuffer {
  readonly changed = new Signal();
  /** Dropped at the old end because there were too many. */
  dropped = 0;
  /** Lines that came in front and show, ever: by how much a view must go down to stay where it is. */
  prepended = 0;
  /** Lines that pass the filter, oldest first. */
  shown: LogLine[] = [];
  private lines: LogLine[] = [];
  private filter: Filter = { text: "", stream: "all" };
  private needle = "";

  get all(): readonly LogLine[] {
    return this.lines;
  }

  get first(): LogLine | undefined {
    return this.lines[0];
  }

  get last(): LogLine | undefined {
    return this.lines.at(-1);
  }

  /** Adds newer lines; those known already (a page and the live stream overlap) are left out. Returns how many show. */
  append(added: readonly LogLine[], following: boolean): number {
    const newest = this.last?.cursor ?? "";
    const fresh = added.filter((line) => line.cursor > newest);
    if (fresh.length === 0) return 0;
    this.lines.push(...fresh);
    const passing = fresh.filter((line) => this.passes(line));
    this.shown.push(...passing);
    this.trim(following ? MOST_LINES : MOST_LINES_PAUSED);
    this.changed.announce();
    return passing.length;
  }

  /** Adds older lines in front. Returns how many show. */
  prepend(added: readonly LogLine[]): number {
    const oldest = this.first?.cursor;
    const fresh = oldest === undefined ? [...added] : added.filter((line) => line.cursor < oldest);
    this.lines = [...fresh, ...this.lines];
    const passing = fresh.filter((line) => this.passes(line));
    this.shown = [...passing, ...this.shown];
    this.prepended += passing.length;
    this.changed.announce();
    return passing.length;
  }

  setFilter(filter: Filter): void {
    this.filter = filter;
    this.needle = filter.text.toLowerCase();
    this.shown = this.lines.filter((line) => this.passes(line));
    this.changed.announce();
  }

  clear(): void {
    this.lines = [];
    this.shown = [];
    this.dropped = 0;
    this.changed.announce();
  }

  private passes(line: LogLine): boolean {
    return passes(line, this.filter.stream, this.needle);
  }

  private trim(most: number): void {
    const excess = this.lines.length - most;
    if (excess <= 0) return;
    this.lines.splice(0, excess);
    this.dropped += excess;
    const oldest = this.first?.cursor ?? "";
    const kept = this.shown.findIndex((line) => line.cursor >= oldest);
    this.shown.splice(0, kept === -1 ? this.shown.length : kept);
  }
}

/** Does a line come through? `needle` is in lower case. */
function passes(line: LogLine, stream: StreamChoice, needle: string): boolean {
  if (stream !== "all" && line.stream !== stream) return false;
  return needle === "" || stripAnsi(line.text).toLowerCase().includes(needle);
}

/** The lines that a filter lets through. */
export function filtered(lines: readonly LogLine[], { text, stream }: Filter): LogLine[] {
  const needle = text.toLowerCase();
  return lines.filter((line) => passes(line, stream, needle));
}

/** The text without colours. */
export function stripAnsi(text: string): string {
  // oxlint-disable-next-line no-control-regex -- SGR sequences begin with ESC
  return text.includes("\u001B") ? text.replaceAll(/\u001B\[[\d;:]*m/g, "") : text;
}

const LEVEL = /\b(TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|PANIC)\b/i;
const LEVELS: Record<string, NonNullable<LogLine["level"]>> = {
  warning: "warn",
  err: "error",
  critical: "fatal",
  panic: "fatal",
};
/** Words of level stand near the beginning of a line; further on they are part of what is said. */
const LEVEL_WITHIN = 60;

/** The level the agent found, or the one the line begins with. */
export function levelOf(line: LogLine): LogLine["level"] {
  if (line.level !== undefined) return line.level;
  const word = LEVEL.exec(stripAnsi(line.text).slice(0, LEVEL_WITHIN))?.[1]?.toLowerCase();
  return word === undefined ? undefined : (LEVELS[word] ?? (word as NonNullable<LogLine["level"]>));
}
