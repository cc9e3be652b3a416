// Where the boxes and lines of a layered graph go, so that few lines cross and most run straight. Pure. The layers are given (they
// are the order to start in), which leaves what is easy: the order within each and the places (arrange.ts), and the lines.
import { orderRows, placeRows, type Slot } from "./arrange.ts";

/** How large things are drawn, in pixels. */
export interface Measures {
  /** Of a box. */
  width: number;
  height: number;
  /** Between two layers: room for the lines. */
  between: number;
  /** Between two boxes of a layer. */
  beside: number;
}

/** right: layers stand side by side, the first one left. down: below each other. */
export type Direction = "right" | "down";

/** A line from what is needed to what needs it. */
export interface Line {
  from: string;
  to: string;
}

interface Point {
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  /** Top left corners of the boxes, by name. */
  boxes: ReadonlyMap<string, Point>;
  /** As given: the line as an SVG path, and where it ends, with how far its neighbour ends there (Infinity where it ends alone), and its place among those. */
  lines: { path: string; end: Point; apart: number; place: number }[];
}

/** Room of a line that passes a layer. */
const LANE = 14;
/** Ends of lines at one box stand at most so far apart. */
const PORT = 15;

/** `layers` name each box once. Lines between names that are in no layer are drawn nowhere: an empty path. */
export function layOut(
  layers: readonly (readonly string[])[],
  lines: readonly Line[],
  measures: Measures,
  direction: Direction,
): Layout {
  const across = direction === "right" ? measures.height : measures.width;
  const along = direction === "right" ? measures.width : measures.height;
  const { rows, chains } = slotsOf(layers, lines);
  orderRows(rows);
  const room = (slot: Slot): number => (slot.name === null ? LANE : across + measures.beside);
  placeRows(rows, room);
  const slots = rows.flat();
  const least = Math.min(0, ...slots.map((slot) => slot.at - (slot.name === null ? 0 : across / 2)));
  for (const slot of slots) slot.at -= least;
  const breadth = Math.max(0, ...slots.map((slot) => slot.at + (slot.name === null ? 0 : across / 2)));
  const length = Math.max(0, rows.length * (along + measures.between) - measures.between);
  const start = (slot: Slot): number => slot.layer * (along + measures.between);
  const point = (at: number, beside: number): Point =>
    direction === "right" ? { x: round(at), y: round(beside) } : { x: round(beside), y: round(at) };
  const boxes = new Map<string, Point>();
  for (const slot of slots) if (slot.name !== null) boxes.set(slot.name, point(start(slot), slot.at - across / 2));
  const ports = portsOf(chains, across);
  return {
    width: direction === "right" ? length : breadth,
    height: direction === "right" ? breadth : length,
    boxes,
    lines: chains.map((chain, index) => {
      const first = chain[0];
      const last = chain.at(-1);
      if (first === undefined || last === undefined)
        return { path: "", end: { x: 0, y: 0 }, apart: Infinity, place: 0 };
      const { out = { by: 0 }, into = { by: 0, apart: Infinity, place: 0 } } = ports[index] ?? {};
      const from = point(start(first) + along, first.at + out.by);
      const end = point(start(last), last.at + into.by);
      const passed = chain.slice(1, -1).flatMap((slot) => {
        return [point(start(slot), slot.at), point(start(slot) + along, slot.at)] as const;
      });
      return { path: pathThrough([from, ...passed, end], direction), end, apart: into.apart, place: into.place };
    }),
  };
}

/** A slot for each box, and one in each layer that a line passes. A chain is a line from slot to slot; empty where an end is nowhere. */
function slotsOf(layers: readonly (readonly string[])[], lines: readonly Line[]): { rows: Slot[][]; chains: Slot[][] } {
  const slot = (name: string | null, layer: number): Slot => ({ name, layer, before: [], after: [], at: 0 });
  const rows = layers.map((names, layer) => names.map((name) => slot(name, layer)));
  const named = new Map(rows.flat().map((each) => [each.name, each]));
  const chains = lines.map(({ from, to }) => {
    const first = named.get(from);
    const last = named.get(to);
    if (first === undefined || last === undefined) return [];
    const chain = [first];
    // Within a cycle, which has no order, a line goes straight to where it ends.
    for (let layer = first.layer + 1; layer < last.layer; layer += 1) {
      const lane = slot(null, layer);
      rows[layer]?.push(lane);
      chain.push(lane);
    }
    chain.push(last);
    if (first.layer >= last.layer) return chain;
    for (const [index, each] of chain.entries()) {
      const next = chain[index + 1];
      if (next === undefined) continue;
      each.after.push(next);
      next.before.push(each);
    }
    return chain;
  });
  return { rows, chains };
}

/** Lines that end at one side of a box stand apart there, in the order of where they come from. */
function portsOf(
  chains: readonly (readonly Slot[])[],
  across: number,
): { out?: { by: number }; into?: { by: number; apart: number; place: number } }[] {
  const ports: { out?: { by: number }; into?: { by: number; apart: number; place: number } }[] = chains.map(() => ({}));
  const share = (end: (chain: readonly Slot[]) => [Slot | undefined, Slot | undefined], key: "out" | "into"): void => {
    const at = new Map<Slot, { index: number; other: number }[]>();
    for (const [index, chain] of chains.entries()) {
      const [box, other] = end(chain);
      if (box === undefined || other === undefined) continue;
      const known = at.get(box) ?? [];
      at.set(box, known);
      known.push({ index, other: other.at });
    }
    for (const ends of at.values()) {
      const apart = ends.length === 1 ? Infinity : Math.min(PORT, (across - 16) / (ends.length - 1));
      for (const [place, { index }] of ends.toSorted((a, b) => a.other - b.other).entries()) {
        const by = ends.length === 1 ? 0 : (place - (ends.length - 1) / 2) * apart;
        const port = ports[index];
        if (port !== undefined) port[key] = { by, apart, place };
      }
    }
  };
  share((chain) => [chain[0], chain[1]], "out");
  share((chain) => [chain.at(-1), chain.at(-2)], "into");
  return ports;
}

/** Curves between layers, straight where a layer is passed. */
function pathThrough(points: readonly Point[], direction: Direction): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M${x} ${y}`;
      if (index % 2 === 0) return `L${x} ${y}`;
      const middle = direction === "right" ? (before.x + x) / 2 : (before.y + y) / 2;
      return direction === "right"
        ? `C${middle} ${before.y} ${middle} ${y} ${x} ${y}`
        : `C${before.x} ${middle} ${x} ${middle} ${x} ${y}`;
    })
    .join("");
}

const round = (value: number): number => Math.round(value * 10) / 10;
