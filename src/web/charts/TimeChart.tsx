// Lines over time, drawn by uPlot: colours of the theme, one cursor for all charts of a page, offline spans shaded, moments marked.
// Dragging zooms and a double click goes back: in the page's range where there is one, else in the chart itself.
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useMedia } from "../ui/use-media.ts";
import { usePreferences } from "../api/hooks.ts";
import type { Mark, OfflineSpan } from "./fleet-marks.ts";
import { valueAt, type Columns } from "./lines.ts";
import { optionsOf, type PlotInputs } from "./plot-options.ts";
import { COLOURS, Legend } from "./Legend.tsx";
import styles from "./TimeChart.module.css";

const HEIGHT = 170;

interface TimeChartProps {
  label: string;
  columns: Columns;
  /** Of the lines, in their order. One line needs no legend. */
  labels: readonly string[];
  format: (value: number) => string;
  /** The scale reaches at least this far, so that rest looks like rest. */
  least: number;
  /** Steps of the scale are powers of two. */
  binary?: boolean;
  marks?: readonly Mark[];
  offline?: readonly OfflineSpan[];
  /** What the time axis shows, Unix milliseconds; all points where it is left out. */
  bounds?: { from: number; to: number };
  /** Charts with the same one share their cursor. */
  syncKey: string;
  /** Somebody dragged from one time to another, Unix milliseconds; null: back. */
  onZoom?: (range: { from: number; to: number } | null) => void;
  /** Somebody pressed at a time. */
  onPick?: (time: number) => void;
  /** The pointer came or went: what moves should hold still meanwhile. */
  onHover?: (inside: boolean) => void;
}

const NO_MARKS: readonly Mark[] = [];
const NO_SPANS: readonly OfflineSpan[] = [];

export function TimeChart({
  label,
  columns,
  labels,
  format,
  least,
  binary = false,
  marks = NO_MARKS,
  offline = NO_SPANS,
  bounds,
  syncKey,
  onZoom,
  onPick,
  onHover,
}: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [place, setPlace] = useState<number | null>(null);
  const { theme } = usePreferences();
  // Where the theme is the system's, it changes under an open page.
  const light = useMedia("(prefers-color-scheme: light)");
  // What uPlot asks for while it draws; kept in a ref, since a new chart for each new point would lose cursor and zoom.
  const inputs = useRef<PlotInputs>({ marks, offline, bounds, onZoom, onPick, onPlace: setPlace });
  inputs.current = { marks, offline, bounds, onZoom, onPick, onPlace: setPlace };
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [columns.times, ...columns.values, ...(columns.band ?? [])] as uPlot.AlignedData;
  const banded = columns.band !== undefined;
  const names = labels.join("\n");

  useEffect(() => {
    const node = box.current;
    if (node === null) return undefined;
    const made = new uPlot(
      optionsOf({ node, height: HEIGHT, labels: names.split("\n"), format, least, binary, banded, syncKey, inputs }),
      data.current,
      node,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: HEIGHT }));
    observer.observe(node);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [format, names, least, binary, banded, syncKey, theme, light]);

  const { from, to } = bounds ?? {};
  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    // Somebody who has zoomed into a chart without a range keeps what they see while values go on.
    const first = data.current[0][0];
    const zoomed =
      from === undefined &&
      first !== undefined &&
      made.scales["x"]?.min !== undefined &&
      made.scales["x"].min > first + 1;
    made.setData(data.current, !zoomed);
    if (zoomed) made.redraw();
  }, [columns, marks, offline, from, to]);

  const shown = place ?? columns.times.length - 1;
  return (
    <>
      <div
        ref={box}
        className={styles["chart"]}
        role="img"
        aria-label={`Chart: ${label} over time`}
        onPointerEnter={() => onHover?.(true)}
        onPointerLeave={() => onHover?.(false)}
      />
      {labels.length > 1 ? (
        <Legend
          labels={labels}
          values={columns.values.map((column) => valueAt(column, shown))}
          format={format}
          colours={COLOURS}
        />
      ) : null}
    </>
  );
}
