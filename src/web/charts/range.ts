// The one time range of a page with charts, as it stands in the address: a span that ends now, or two times that stay. Pure.
import { DAY, HOUR, MINUTE } from "../../base/units.ts";

/** Spans that end now, by their name in the address. */
export const SPANS = {
  "5m": 5 * MINUTE,
  "15m": 15 * MINUTE,
  "1h": HOUR,
  "6h": 6 * HOUR,
  "24h": DAY,
  "7d": 7 * DAY,
  "30d": 30 * DAY,
  "90d": 90 * DAY,
} as const;
/** One of `SPANS`. */
export type SpanName = keyof typeof SPANS;

/** live: the span moves with the time. fixed: Unix milliseconds that stay. */
export type Range = { span: SpanName } | { from: number; to: number };

export const DEFAULT_SPAN: SpanName = "1h";
/** No zoom is narrower than this. */
const NARROWEST = 10_000;

/** What an address says; the default for nonsense. */
export function readRange(query: URLSearchParams): Range {
  const from = Date.parse(query.get("from") ?? "");
  const to = Date.parse(query.get("to") ?? "");
  if (from < to) return { from, to };
  const span = query.get("range") ?? "";
  return { span: Object.hasOwn(SPANS, span) ? (span as SpanName) : DEFAULT_SPAN };
}

/** Puts it into an address in place of the one that stood there. */
export function writeRange(query: URLSearchParams, range: Range): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const key of ["range", "from", "to"]) next.delete(key);
  if (!("span" in range)) {
    next.set("from", new Date(range.from).toISOString());
    next.set("to", new Date(range.to).toISOString());
  } else if (range.span !== DEFAULT_SPAN) {
    next.set("range", range.span);
  }
  return next;
}

/** Its two ends, Unix milliseconds. */
export function boundsOf(range: Range, now: number): { from: number; to: number } {
  return "span" in range ? { from: now - SPANS[range.span], to: now } : range;
}

/** The range between two times that somebody dragged over. */
export function zoomed(one: number, other: number): Range {
  const middle = (one + other) / 2;
  const half = Math.max(NARROWEST, Math.abs(other - one)) / 2;
  return { from: Math.round(middle - half), to: Math.round(middle + half) };
}

/** How often values of a range that moves are asked for anew: as often as a point of it is new, but not more than each 5 s. */
export function refreshOf(range: Range): number | false {
  return "span" in range ? Math.min(MINUTE, Math.max(5000, SPANS[range.span] / 500)) : false;
}
