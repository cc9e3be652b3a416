// Times in words that keep themselves true; the exact time stands behind them on hover.
import { formatDuration, formatExact, formatRelative } from "./format.ts";
import { useTicking } from "./ticker.ts";

/** "4 s ago", "in 8 s". */
export function Ago({ at }: { at: number | string }) {
  const time = typeof at === "number" ? at : Date.parse(at);
  const words = useTicking((now) => formatRelative(time, now));
  return (
    <time dateTime={new Date(time).toISOString()} title={formatExact(time)}>
      {words}
    </time>
  );
}

/** "in 8 s", then "now". */
export function Due({ at }: { at: number | string }) {
  const time = typeof at === "number" ? at : Date.parse(at);
  const words = useTicking((now) => (time <= now ? "now" : formatRelative(time, now)));
  return (
    <time dateTime={new Date(time).toISOString()} title={formatExact(time)}>
      {words}
    </time>
  );
}

/** "6d 4h" since a time. */
export function Since({ at }: { at: number | string }) {
  const time = typeof at === "number" ? at : Date.parse(at);
  const words = useTicking((now) => formatDuration(now - time));
  return (
    <time dateTime={new Date(time).toISOString()} title={`since ${formatExact(time)}`}>
      {words}
    </time>
  );
}
