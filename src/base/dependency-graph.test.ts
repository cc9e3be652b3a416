import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cycleIn, dependenciesOf, dependentsOf, layersOf, type DependencyGraph } from "./dependency-graph.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g"];

/** Any graph; `acyclic`: everything depends only on names before it. */
function graphs(acyclic: boolean): fc.Arbitrary<DependencyGraph> {
  const needs = NAMES.map((_, at) => fc.subarray(acyclic ? NAMES.slice(0, at) : [...NAMES, "unknown"]));
  return fc.tuple(...needs).map((lists) => new Map(NAMES.map((name, at) => [name, lists[at] ?? []])));
}

/** Whether one can walk from a name to another, one step or more, in at most as many steps as there are names. */
function leadsTo(graph: DependencyGraph, from: string, to: string): boolean {
  let here = new Set([from]);
  for (const _ of NAMES) {
    here = new Set([...here].flatMap((name) => graph.get(name) ?? []));
    if (here.has(to)) return true;
  }
  return false;
}

describe("layersOf()", () => {
  it("puts everything right behind the last of what it depends on", () => {
    fc.assert(
      fc.property(graphs(true), (graph) => {
        const layers = layersOf(graph);
        const layerOf = new Map(layers.flatMap((names, at) => names.map((name) => [name, at])));
        assert.deepEqual([...layerOf.keys()].toSorted(), NAMES);
        for (const [name, needs] of graph) {
          const latest = Math.max(-1, ...needs.map((need) => layerOf.get(need) ?? -1));
          assert.equal(layerOf.get(name), latest + 1);
        }
      }),
    );
  });

  it("names everything once, whatever the graph, and knows nothing of names that are no keys", () => {
    fc.assert(fc.property(graphs(false), (graph) => assert.deepEqual(layersOf(graph).flat().toSorted(), NAMES)));
  });

  it("counts a dependency that is named twice once", () => {
    assert.deepEqual(
      layersOf(
        new Map([
          ["web", ["db", "db", "gone"]],
          ["db", []],
        ]),
      ),
      [["db"], ["web"]],
    );
  });
});

describe("cycleIn()", () => {
  it("finds a way round exactly where something leads back to itself", () => {
    fc.assert(
      fc.property(graphs(false), (graph) => {
        const cycle = cycleIn(graph);
        assert.equal(
          cycle !== undefined,
          NAMES.some((name) => leadsTo(graph, name, name)),
        );
        if (cycle === undefined) return;
        assert.equal(cycle.at(0), cycle.at(-1));
        assert.equal(new Set(cycle).size, cycle.length - 1);
        for (const [at, name] of cycle.slice(0, -1).entries()) {
          assert.ok(graph.get(name)?.includes(cycle[at + 1] ?? ""), cycle.join(" → "));
        }
      }),
    );
  });

  it("finds one through a name exactly where that name leads back to itself", () => {
    fc.assert(
      fc.property(graphs(false), fc.constantFrom(...NAMES), (graph, name) => {
        const cycle = cycleIn(graph, name);
        assert.equal(cycle?.[0], leadsTo(graph, name, name) ? name : undefined);
      }),
    );
  });

  it("tells the shortest way", () => {
    const graph = new Map([
      ["a", ["b", "c"]],
      ["b", ["c"]],
      ["c", ["a"]],
    ]);
    assert.deepEqual(cycleIn(graph), ["a", "c", "a"]);
    assert.deepEqual(cycleIn(new Map([["a", ["a"]]])), ["a", "a"]);
  });
});

describe("dependentsOf() and dependenciesOf()", () => {
  it("are what leads there, and where it leads", () => {
    fc.assert(
      fc.property(graphs(false), fc.constantFrom(...NAMES), (graph, name) => {
        assert.deepEqual(
          [...dependentsOf(graph, [name])].toSorted(),
          NAMES.filter((other) => leadsTo(graph, other, name)),
        );
        assert.deepEqual(
          [...dependenciesOf(graph, [name])].filter((other) => other !== "unknown").toSorted(),
          NAMES.filter((other) => leadsTo(graph, name, other)),
        );
      }),
    );
  });
});
