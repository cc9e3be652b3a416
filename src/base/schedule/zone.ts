// Local time in IANA zones: offsets and their changes, found by asking Intl at a few times and remembering what it said.
import { DAY, HOUR, MINUTE, SECOND } from "../units.ts";

/** From one moment on a zone's clocks show another offset. Times in Unix milliseconds, offsets in milliseconds. */
export interface ZoneChange {
  at: number;
  before: number;
  after: number;
}

/** No zone has changed twice within so long since clocks are set by law. */
const STRIDE = 14 * DAY;
const REMEMBERED = 4000;

/** A zone's clock. */
export interface Zone {
  readonly name: string;
  /** Milliseconds that local time is ahead of UTC. */
  offsetAt(time: number): number;
  /** The first change after `from` and up to `to`. */
  changeWithin(from: number, to: number): ZoneChange | undefined;
}

const known = new Map<string, Zone>();

/** Is this a zone that this machine knows? Offsets ("+05:30") are none: they have no clock changes to tell of. */
export function isZone(name: string): boolean {
  return findZone(name) !== undefined;
}

/** The zone, or undefined. */
export function findZone(name: string): Zone | undefined {
  const found = known.get(name);
  if (found !== undefined) return found;
  const format = formatOf(name);
  if (format === undefined) return undefined;
  const zone = new IntlZone(name, format);
  known.set(name, zone);
  return zone;
}

/** The zone that this process runs in. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      calendar: "iso8601",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
}

class IntlZone implements Zone {
  readonly name: string;
  private readonly format: Intl.DateTimeFormat;
  /** By the number of its stride: the offset at its begin, and the change within it. */
  private readonly strides = new Map<number, { offset: number; change: ZoneChange | undefined }>();

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.format = format;
  }

  offsetAt(time: number): number {
    const { offset, change } = this.stride(Math.floor(time / STRIDE));
    return change !== undefined && time >= change.at ? change.after : offset;
  }

  changeWithin(from: number, to: number): ZoneChange | undefined {
    for (let at = Math.floor(from / STRIDE); at * STRIDE <= to; at++) {
      const { change } = this.stride(at);
      if (change !== undefined && change.at > from && change.at <= to) return change;
    }
    return undefined;
  }

  private stride(number: number): { offset: number; change: ZoneChange | undefined } {
    const kept = this.strides.get(number);
    if (kept !== undefined) return kept;
    const begin = number * STRIDE;
    const offset = this.ask(begin);
    const after = this.ask(begin + STRIDE);
    const change = offset === after ? undefined : { at: this.moment(begin, begin + STRIDE), before: offset, after };
    if (this.strides.size >= REMEMBERED) this.strides.clear();
    const made = { offset, change };
    this.strides.set(number, made);
    return made;
  }

  /** The first second with the offset that the end has. */
  private moment(begin: number, end: number): number {
    const before = this.ask(begin);
    let [low, high] = [begin / SECOND, end / SECOND];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.ask(middle * SECOND) === before) low = middle;
      else high = middle;
    }
    return high * SECOND;
  }

  private ask(time: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(time)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / SECOND) * SECOND;
  }
}

/** "8 March 02:30", of local time written as if it were UTC. */
export function clockWords(local: number, months: readonly string[]): string {
  const date = new Date(local);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()] ?? ""} ${timeWords(local)}`;
}

/** "02:30", of local time written as if it were UTC. */
export function timeWords(local: number): string {
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor((((local % DAY) + DAY) % DAY) / MINUTE);
  return `${pad(Math.floor(minutes / (HOUR / MINUTE)))}:${pad(minutes % (HOUR / MINUTE))}`;
}
