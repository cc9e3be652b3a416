import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { layersOf } from "../../../base/dependency-graph.ts";
import { layOut, type Line } from "./graph-layout.ts";

const MEASURES = { width: 180, height: 56, between: 80, beside: 18 };

/** Any graph without cycles: each name needs some of those before it. */
const graphs = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((all) => new Map(all.map((needs, at) => [`s${at}`, at === 0 ? [] : needs.map((need) => `s${need % at}`)])));

const linesOf = (graph: ReadonlyMap<string, readonly string[]>): Line[] =>
  [...graph].flatMap(([to, needs]) => [...new Set(needs)].map((from) => ({ from, to })));

describe("the layout of a graph", () => {
  it("lets no two boxes touch, keeps all inside, and draws each line, in both directions", () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom("right" as const, "down" as const), (graph, direction) => {
        const lines = linesOf(graph);
        const layout = layOut(layersOf(graph), lines, MEASURES, direction);
        const boxes = [...layout.boxes.values()];
        assert.equal(boxes.length, graph.size);
        assert.equal(layout.lines.length, lines.length);
        for (const { path } of layout.lines) assert.match(path, /^M[^N]+$/);
        for (const [at, { x, y }] of boxes.entries()) {
          assert.ok(
            x >= 0 && y >= 0 && x + MEASURES.width <= layout.width + 1 && y + MEASURES.height <= layout.height + 1,
          );
          for (const other of boxes.slice(at + 1)) {
            const clear = Math.abs(other.x - x) >= MEASURES.width || Math.abs(other.y - y) >= MEASURES.height;
            assert.ok(clear, `${x},${y} touches ${other.x},${other.y}`);
          }
        }
      }),
    );
  });

  it("draws everything right of what it needs", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { boxes } = layOut(layersOf(graph), linesOf(graph), MEASURES, "right");
        for (const { from, to } of linesOf(graph)) assert.ok((boxes.get(from)?.x ?? 0) < (boxes.get(to)?.x ?? 0));
      }),
    );
  });

  it("unties what names alone would cross", () => {
    const lines = [
      { from: "a", to: "z" },
      { from: "b", to: "y" },
      { from: "c", to: "x" },
    ];
    const { boxes } = layOut(
      [
        ["a", "b", "c"],
        ["x", "y", "z"],
      ],
      lines,
      MEASURES,
      "right",
    );
    for (const { from, to } of lines) assert.equal(boxes.get(from)?.y, boxes.get(to)?.y, `${from} beside ${to}`);
  });

  it("leads a long line around the box that it passes", () => {
    const layout = layOut(
      [["a"], ["b"], ["c"]],
      [
        { from: "a", to: "b" },
        { from: "b", to: "c" },
        { from: "a", to: "c" },
      ],
      MEASURES,
      "right",
    );
    const b = layout.boxes.get("b");
    // The straight piece of the long line, in the layer of b.
    const lane = Number(/L[\d.]+ ([\d.]+)/.exec(layout.lines[2]?.path ?? "")?.[1]);
    assert.ok(b !== undefined && (lane < b.y || lane > b.y + MEASURES.height), `${lane} is within b`);
  });

  it("survives a cycle, and a line to what is not there", () => {
    const lines = [
      { from: "a", to: "b" },
      { from: "b", to: "a" },
      { from: "gone", to: "a" },
    ];
    const { boxes, lines: drawn } = layOut([["a", "b"]], lines, MEASURES, "right");
    assert.equal(boxes.size, 2);
    assert.equal(drawn[2]?.path, "");
    assert.match(drawn[0]?.path ?? "", /^M/);
    assert.deepEqual(layOut([], [], MEASURES, "down").lines, []);
  });
});
