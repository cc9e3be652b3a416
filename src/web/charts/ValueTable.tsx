// The lines of charts as a table: a column for each, thinned to what can be read.
import { useMemo } from "react";
import type { MetricUnit } from "../../contract/metrics.ts";
import { formatExact } from "../ui/format.ts";
import { align, thinnedPlaces, valueAt, type Line } from "./lines.ts";
import styles from "./TimeChart.module.css";
import { formatterOf } from "./units.ts";

/** Rows: enough to follow the shape, few enough to listen to. */
const ROWS = 40;

/** `caption` names it for readers; `label` is each column's head, `step` the seconds between two points. */
export function ValueTable({
  caption,
  lines,
  step,
}: {
  caption: string;
  lines: readonly (Line & { unit: MetricUnit })[];
  step: number;
}) {
  const columns = useMemo(() => align(lines, step), [lines, step]);
  return (
    <div className={styles["table"]} role="region" aria-label="Values as a table" tabIndex={0}>
      <table>
        <caption className="visually-hidden">{caption}, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ key, label }) => (
              <th key={key} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {thinnedPlaces(columns.times.length, ROWS).map((place) => (
            <tr key={place}>
              <th scope="row">{formatExact((columns.times[place] ?? 0) * 1000)}</th>
              {lines.map(({ key, unit }, index) => (
                <td key={key}>{formatterOf(unit)(valueAt(columns.values[index], place))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
