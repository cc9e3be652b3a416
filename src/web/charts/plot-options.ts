// How uPlot draws our lines: axes, colours, what is shaded and marked, what dragging does.
import type { RefObject } from "react";
import type uPlot from "uplot";
import { formatExact } from "../ui/format.ts";
import type { Mark, OfflineSpan } from "./fleet-marks.ts";
import { COLOURS } from "./Legend.tsx";
import styles from "./TimeChart.module.css";

/** What changes while a chart lives. */
export interface PlotInputs {
  marks: readonly Mark[];
  offline: readonly OfflineSpan[];
  bounds: { from: number; to: number } | undefined;
  onZoom: ((range: { from: number; to: number } | null) => void) | undefined;
  onPick: ((time: number) => void) | undefined;
  /** The place of the axis under the cursor. */
  onPlace: (place: number | null) => void;
}

interface Look {
  node: HTMLElement;
  height: number;
  labels: readonly string[];
  format: (value: number) => string;
  least: number;
  binary: boolean;
  /** After the one line come its largest and smallest samples. */
  banded: boolean;
  syncKey: string;
  inputs: RefObject<PlotInputs>;
}

/** Everything but the data. */
export function optionsOf({
  node,
  height,
  labels,
  format,
  least,
  binary,
  banded,
  syncKey,
  inputs,
}: Look): uPlot.Options {
  const style = getComputedStyle(node);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: color("--faint"),
    font: `11px ${color("--mono")}`,
    ticks: { show: false },
    grid: { stroke: color("--line-soft"), width: 1 },
  };
  const alone = labels.length === 1;
  const edge: uPlot.Series = { width: 0, points: { show: false } };
  return {
    width: node.clientWidth,
    height,
    legend: { show: false },
    cursor: {
      sync: { key: syncKey },
      points: { size: 7 },
      drag: { x: true, y: false, setScale: inputs.current.onZoom === undefined },
      bind: {
        dblclick: (_, __, handler) => (event) => {
          const { onZoom } = inputs.current;
          if (onZoom === undefined) return handler(event);
          onZoom(null);
          return null;
        },
      },
    },
    scales: {
      x: {
        range: (_, first, last) => {
          const { bounds } = inputs.current;
          return bounds === undefined ? [first, last] : [bounds.from / 1000, bounds.to / 1000];
        },
      },
      y: { range: (_, __, top) => [0, Math.max(least, (top ?? 0) * 1.12)] },
    },
    axes: [
      { ...axis, space: 70, size: 26, values: (_, splits) => splits.map(clockOf(splits)) },
      {
        ...axis,
        size: 66,
        ...(binary && { splits: (_, __, ___, top) => binarySplits(top) }),
        values: (_, splits) => splits.map(format),
      },
    ],
    series: [
      {},
      ...labels.map((label, index) => {
        const stroke = color(COLOURS[index % COLOURS.length] ?? "--c1");
        return {
          label,
          stroke,
          width: 1.6,
          points: { show: false },
          ...(alone && { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` }),
          ...(index >= COLOURS.length && { dash: [6, 4] }),
        };
      }),
      ...(banded ? [edge, edge] : []),
    ],
    ...(banded && {
      bands: [{ series: [2, 3], fill: `color-mix(in srgb, ${color(COLOURS[0] ?? "--c1")} 22%, transparent)` }],
    }),
    plugins: [
      shadePlugin(inputs, color("--off")),
      markPlugin(inputs, color("--bad")),
      tipPlugin(format, alone, inputs),
      dragPlugin(inputs),
    ],
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

/** Grey where the server was offline. */
function shadePlugin(inputs: RefObject<PlotInputs>, color: string): uPlot.Plugin {
  return {
    hooks: {
      drawClear: (plot) => {
        const { ctx, bbox, scales } = plot;
        ctx.save();
        ctx.fillStyle = color;
        ctx.globalAlpha = 0.16;
        for (const { from, to } of inputs.current.offline) {
          const end = to === null ? (scales["x"]?.max ?? 0) : to / 1000;
          const left = Math.max(bbox.left, plot.valToPos(from / 1000, "x", true));
          const right = Math.min(bbox.left + bbox.width, plot.valToPos(end, "x", true));
          if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
        }
        ctx.restore();
      },
    },
  };
}

/** Dashed lines at moments. */
function markPlugin(inputs: RefObject<PlotInputs>, color: string): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.strokeStyle = color;
        ctx.setLineDash([3, 4]);
        for (const { at } of inputs.current.marks) {
          const x = plot.valToPos(at / 1000, "x", true);
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

/** A mark this near to the cursor, in pixels, is told. */
const NEAR = 6;

/** Time at the cursor, with the value of a line that is alone, and what is marked there. */
function tipPlugin(format: (value: number) => string, alone: boolean, inputs: RefObject<PlotInputs>): uPlot.Plugin {
  const tip = document.createElement("div");
  tip.className = styles["tip"] ?? "";
  return {
    hooks: {
      init: (plot) => plot.over.append(tip),
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const time = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        tip.hidden = left < 0 || time === undefined;
        inputs.current.onPlace(tip.hidden || idx === undefined ? null : idx);
        if (tip.hidden || idx === null || idx === undefined || time === undefined) return;
        const value = alone ? plot.data[1]?.[idx] : undefined;
        const marked = inputs.current.marks.find(
          ({ at }) => Math.abs(plot.valToPos(at / 1000, "x") - left) < NEAR,
        )?.words;
        tip.textContent = [formatExact(time * 1000), value === null || value === undefined ? "" : format(value), marked]
          .filter(Boolean)
          .join("  ");
        const half = plot.over.clientWidth / 2;
        tip.style.transform = `translateX(${left > half ? Math.max(0, left - tip.offsetWidth - 10) : left + 10}px)`;
      },
    },
  };
}

/** Dragging asks for a range, pressing picks a time. */
function dragPlugin(inputs: RefObject<PlotInputs>): uPlot.Plugin {
  return {
    hooks: {
      init: (plot) =>
        plot.over.addEventListener("click", () => {
          const { left = -1 } = plot.cursor;
          if (left >= 0 && plot.select.width === 0) inputs.current.onPick?.(plot.posToVal(left, "x") * 1000);
        }),
      setSelect: (plot) => {
        const { left, width } = plot.select;
        const { onZoom } = inputs.current;
        if (onZoom === undefined || width === 0) return;
        onZoom({ from: plot.posToVal(left, "x") * 1000, to: plot.posToVal(left + width, "x") * 1000 });
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      },
    },
  };
}
