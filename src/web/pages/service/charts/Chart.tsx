// One line over time, drawn by uPlot; its colours are the theme's, its cursor is shared, dragging zooms, a double click goes back.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { usePreferences } from "../../../api/hooks.ts";
import styles from "./Charts.module.css";

const HEIGHT = 170;

interface ChartProps {
  /** Unix seconds. */
  times: readonly number[];
  values: readonly (number | null)[];
  /** Unix seconds of what is marked by a dashed line. */
  marks: readonly number[];
  format: (value: number) => string;
  label: string;
  /** The scale reaches at least this far, so that rest looks like rest. */
  least: number;
  /** Steps of the scale are powers of two. */
  binary?: boolean;
}

export function Chart({ times, values, marks, format, label, least, binary = false }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const marked = useRef(marks);
  marked.current = marks;
  const data = useRef<uPlot.AlignedData>([[], []]);
  data.current = [times as number[], values as (number | null)[]];
  const { theme } = usePreferences();

  useEffect(() => {
    const node = box.current;
    if (node === null) return undefined;
    const made = new uPlot(
      optionsOf({ node, format, label, least, binary, marks: () => marked.current }),
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
  }, [format, label, least, binary, theme]);

  useEffect(() => {
    const made = plot.current;
    if (made === null) return;
    // Somebody who has zoomed in keeps the range while values go on.
    const first = data.current[0][0];
    const zoomed = first !== undefined && made.scales["x"]?.min !== undefined && made.scales["x"].min > first + 1;
    made.setData(data.current, !zoomed);
    if (zoomed) made.redraw();
  }, [times, values, marks]);

  return <div ref={box} className={styles["chart"]} role="img" aria-label={`Chart: ${label} over time`} />;
}

interface Look {
  node: HTMLElement;
  format: (value: number) => string;
  label: string;
  least: number;
  binary: boolean;
  marks: () => readonly number[];
}

function optionsOf({ node, format, label, least, binary, marks }: Look): uPlot.Options {
  const style = getComputedStyle(node);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const font = `11px ${color("--mono")}`;
  const axis = {
    stroke: color("--faint"),
    font,
    ticks: { show: false },
    grid: { stroke: color("--line-soft"), width: 1 },
  };
  return {
    width: node.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: "service" }, points: { size: 7 }, drag: { x: true, y: false } },
    scales: { y: { range: (_, __, top) => [0, Math.max(least, top * 1.12)] } },
    axes: [
      { ...axis, space: 70, size: 26, values: (_, splits) => splits.map(clockOf(splits)) },
      {
        ...axis,
        size: 62,
        ...(binary && { splits: (_, __, ___, top) => binarySplits(top) }),
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [
      {},
      {
        label,
        stroke: color("--accent-2"),
        width: 1.6,
        fill: `color-mix(in srgb, ${color("--accent-2")} 14%, transparent)`,
        points: { show: false },
        value: (_, value) => (value === null ? "" : format(value)),
      },
    ],
    plugins: [markPlugin(marks, color("--bad")), tipPlugin(format)],
  };
}

/** Words of the time axis: hours and minutes, seconds when zoomed in, days over days. */
function clockOf(splits: readonly number[]): (time: number) => string {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  const format = new Intl.DateTimeFormat(
    undefined,
    step >= 86_400
      ? { month: "short", day: "numeric" }
      : { hour: "2-digit", minute: "2-digit", hour12: false, ...(step < 60 && { second: "2-digit" }) },
  );
  return (time) => format.format(time * 1000);
}

/** Lines of the scale at whole steps of 1, 2, 4, 8… bytes. */
function binarySplits(top: number): number[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(top / 4)));
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

/** Dashed lines where processes ended. */
function markPlugin(marks: () => readonly number[], color: string): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.strokeStyle = color;
        ctx.setLineDash([3, 4]);
        for (const mark of marks()) {
          const x = plot.valToPos(mark, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
        }
        ctx.restore();
      },
    },
  };
}

/** Time and value at the cursor. */
function tipPlugin(format: (value: number) => string): uPlot.Plugin {
  const tip = document.createElement("div");
  tip.className = styles["tip"] ?? "";
  return {
    hooks: {
      init: (plot) => plot.over.append(tip),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const value = idx === null || idx === undefined ? undefined : plot.data[1]?.[idx];
        const time = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        tip.hidden = left < 0 || value === null || value === undefined || time === undefined;
        if (tip.hidden || value === null || value === undefined || time === undefined) return;
        tip.textContent = `${new Date(time * 1000).toLocaleTimeString()}  ${format(value)}`;
        const half = plot.over.clientWidth / 2;
        tip.style.transform = `translateX(${left > half ? left - tip.offsetWidth - 10 : left + 10}px)`;
      },
    },
  };
}
