// One chart of a page with a range, with its heading and its words.
import { useMemo } from "react";
import type { MetricUnit } from "../../contract/metrics.ts";
import { align, describeLine, type Columns, type Line } from "./lines.ts";
import { TimeChart } from "./TimeChart.tsx";
import styles from "./TimeChart.module.css";
import type { Mark, OfflineSpan } from "./fleet-marks.ts";
import { formatterOf, isBinary, leastTop } from "./units.ts";
import type { Metrics, MetricsView } from "./use-metrics.ts";
import type { RangeControl } from "./use-range.ts";

interface ChartFigureProps {
  title: string;
  unit: MetricUnit;
  /** The same ones as long as they say the same: a new list draws anew. */
  lines: readonly Line[];
  data: Pick<Metrics, "from" | "to" | "step"> | undefined;
  control: RangeControl;
  marks: readonly Mark[];
  offline?: readonly OfflineSpan[];
  /** Charts with the same one share their cursor. */
  syncKey: string;
  onPick?: (time: number) => void;
  onHover: MetricsView["onHover"];
}

export function ChartFigure({ title, unit, lines, data, control, ...rest }: ChartFigureProps) {
  const columns = useMemo((): Columns => align(lines, data?.step ?? 1), [lines, data]);
  const labels = useMemo(() => lines.map(({ label }) => label), [lines]);
  const format = useMemo(() => formatterOf(unit), [unit]);
  const { from = 0, to = 0 } = data ?? {};
  const bounds = useMemo(() => ({ from, to }), [from, to]);
  return (
    <figure className={styles["figure"]} aria-label={title}>
      <h3>{title}</h3>
      <TimeChart
        label={title}
        columns={columns}
        labels={labels}
        format={format}
        least={leastTop(unit)}
        binary={isBinary(unit)}
        bounds={bounds}
        onZoom={control.onZoom}
        {...rest}
      />
      <figcaption className={lines.length > 1 ? "visually-hidden" : undefined}>
        {lines.map((line) => `${lines.length > 1 ? `${line.label}: ` : ""}${describeLine(line, format)}`).join("; ")}
      </figcaption>
    </figure>
  );
}
