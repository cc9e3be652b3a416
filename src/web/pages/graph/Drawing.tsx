// The graph as a drawing: boxes in layers, lines from what is needed to what needs it. The box under the pointer or the focus shows
// what it reaches, and the rest fades.
import { memo, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";
import type { Graph } from "../../../contract/graph.ts";
import { needsByName, reachOf, type Edge } from "../../dependencies/facts.ts";
import { useMedia } from "../../ui/use-media.ts";
import { Box, type Part } from "./Box.tsx";
import { layOut, type Direction, type Layout, type Measures } from "./graph-layout.ts";
import { neighbourWords, reachWords } from "../../dependencies/words.ts";
import styles from "./Graph.module.css";

const BOX = { width: 176, height: 58, beside: 16 };
/** Room for lines between layers: as much as the window has, within these. */
const CLOSE = 60;
const APART = 130;
/** Below this, names of conditions would lie upon each other: then only those of the chosen box are shown. */
const LABEL_ROOM = 12;

export function Drawing({
  graph,
  layers,
  picked,
}: {
  graph: Graph;
  layers: readonly (readonly string[])[];
  /** The box that the address names: shown as if the pointer were there, until it is. */
  picked: string | null;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const room = useWidth(scroller);
  const narrow = useMedia("(max-width: 767px)");
  const { edges } = graph;
  const { layout, direction } = useMemo(() => fitted(layers, edges, room, narrow), [layers, edges, room, narrow]);
  const [active, setActive] = useState<string | null>(null);
  const shown = active ?? (picked !== null && layout.boxes.has(picked) ? picked : null);
  const needs = useMemo(() => needsByName(graph), [graph]);
  const words = useMemo(() => neighbourWords(needs), [needs]);
  const reach = useMemo(() => (shown === null ? null : reachOf(needs, shown)), [needs, shown]);
  const partOf = (name: string): Part | undefined => {
    if (reach === null) return undefined;
    if (name === shown) return "self";
    return reach.needs.has(name) ? "needs" : reach.neededBy.has(name) ? "neededBy" : "none";
  };
  return (
    <div className={styles["drawing"]}>
      <p className={styles["told"]} aria-hidden="true">
        {shown === null ? (
          <Legend direction={direction} />
        ) : (
          <>
            <b>{shown}</b> {reachWords(needs, shown)}
          </>
        )}
      </p>
      <div
        ref={scroller}
        className={styles["scroller"]}
        role="region"
        aria-label="Drawing of the dependencies"
        tabIndex={0}
      >
        <div className={styles["canvas"]} style={{ width: layout.width, height: layout.height }}>
          <svg width={layout.width} height={layout.height} aria-hidden="true">
            <defs>
              <marker
                id="graph-arrow"
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="7"
                markerHeight="7"
                orient="auto"
              >
                <path d="M1 1l6 3-6 3z" fill="context-stroke" />
              </marker>
            </defs>
            {edges.map((edge, index) => (
              <EdgeLine
                key={`${edge.from} ${edge.to}`}
                edge={edge}
                drawn={layout.lines[index]}
                part={edgePart(partOf(edge.from), partOf(edge.to))}
                direction={direction}
              />
            ))}
          </svg>
          <ul aria-label="Services, those that start first come first">
            {layers.flat().map((name) => {
              const at = layout.boxes.get(name);
              return at === undefined ? null : (
                <Box
                  key={name}
                  name={name}
                  at={at}
                  size={BOX}
                  part={partOf(name)}
                  words={words.get(name) ?? ""}
                  onActive={setActive}
                />
              );
            })}
          </ul>
        </div>
      </div>
    </div>
  );
}

function Legend({ direction }: { direction: Direction }) {
  return (
    <>
      What stands {direction === "right" ? "left" : "above"} starts first. Dashed: not met. ↻: restarted with it. Point
      at a service to see what it reaches.
    </>
  );
}

const EdgeLine = memo(function EdgeLine({
  edge: { condition, restart, met },
  drawn,
  part,
  direction,
}: {
  edge: Edge;
  drawn: Layout["lines"][number] | undefined;
  part: Exclude<Part, "self"> | undefined;
  direction: Direction;
}) {
  if (drawn === undefined) return null;
  const label = [condition === "started" ? "" : condition, restart ? "↻" : ""].filter(Boolean).join(" ");
  const hot = part === "needs" || part === "neededBy";
  const { x, y } = drawn.end;
  return (
    <g className={styles["edge"]} data-part={part} data-unmet={met ? undefined : ""}>
      <path d={drawn.path} markerEnd="url(#graph-arrow)" />
      {label === "" || (drawn.apart < LABEL_ROOM && !hot) ? null : direction === "right" ? (
        <text x={x - 10} y={y - 5} textAnchor="end">
          {label}
        </text>
      ) : (
        // Side by side they would be wider than the lines are apart.
        <text x={x + 5} y={y - 12 - (drawn.place % 3) * 12}>
          {label}
        </text>
      )}
    </g>
  );
});

/** A line belongs to what its both ends belong to. */
function edgePart(from: Part | undefined, to: Part | undefined): Exclude<Part, "self"> | undefined {
  if (from === undefined || to === undefined) return undefined;
  if ((from === "self" || from === "needs") && to === "needs") return "needs";
  if (from === "neededBy" && (to === "self" || to === "neededBy")) return "neededBy";
  return "none";
}

/** Left to right where that fits; from above where only that does. */
function fitted(
  layers: readonly (readonly string[])[],
  edges: readonly Edge[],
  room: number,
  narrow: boolean,
): { layout: Layout; direction: Direction } {
  const lines = edges.map(({ from, to }) => ({ from: to, to: from }));
  const free = (room - layers.length * BOX.width) / Math.max(1, layers.length - 1);
  const beside: Measures = { ...BOX, between: Math.min(APART, Math.max(CLOSE, Math.floor(free))) };
  const right = layOut(layers, lines, beside, "right");
  if (room === 0 || (right.width <= room && !narrow)) return { layout: right, direction: "right" };
  const down = layOut(layers, lines, { ...BOX, between: CLOSE }, "down");
  return down.width <= room ? { layout: down, direction: "down" } : { layout: right, direction: "right" };
}

/** Width inside of it, in pixels; zero before it is drawn. */
function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const node = ref.current;
    if (node === null) return undefined;
    const measure = (): void => setWidth(node.clientWidth - 2 * PADDING);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

/** Of the region around the drawing, as in the style sheet. */
const PADDING = 18;
