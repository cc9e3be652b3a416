import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Graph } from "../../contract/graph.ts";
import { dotText, graphTrees, stepLines } from "./graph.ts";
import { makeStyle } from "./style.ts";

const node = (name: string, state: Graph["nodes"][number]["state"], layer: number, reason: string | null = null) => ({
  name,
  state,
  reason,
  layer,
});
const edge = (from: string, to: string, more: Partial<Graph["edges"][number]> = {}) => ({
  from,
  to,
  condition: "started" as const,
  restart: false,
  met: true,
  ...more,
});
const graph: Graph = {
  nodes: [
    node("db", "running", 0),
    node("api", "waiting", 1, "waits for db to be healthy (running)"),
    node("web", "waiting", 2, "waits for api to run (waiting)"),
  ],
  edges: [
    edge("api", "db", { condition: "healthy", met: false, restart: true }),
    edge("web", "api", { met: false }),
    edge("web", "db"),
  ],
  start_order: [["db"], ["api"], ["web"]],
};
const style = makeStyle(false, true);

describe("graphTrees()", () => {
  it("draws what a service depends on, each once, with what of it is not met", () => {
    assert.deepEqual(graphTrees(graph, ["web"], false, style), [
      "◌ web waiting: waits for api to run (waiting)",
      "├─ ◌ api waiting: waits for db to be healthy (running) [not met]",
      "│  └─ ● db running [must be healthy, restarted along, not met]",
      "└─ ● db running",
    ]);
  });

  it("draws what depends on a service, and marks what is drawn already", () => {
    assert.deepEqual(graphTrees(graph, ["db", "api"], true, makeStyle(false, false)), [
      "* db running",
      "|- . api waiting: waits for db to be healthy (running) [must be healthy, restarted along, not met]",
      "|  `- . web waiting: waits for api to run (waiting) [not met]",
      "`- . web waiting: waits for api to run (waiting)",
      ". api waiting: waits for db to be healthy (running) (see above)",
    ]);
  });
});

it("stepLines() numbers what happens together", () => {
  assert.deepEqual(stepLines([["db"], ["api", "log"]]), ["1. db", "2. api, log"]);
});

it("dotText() says the same to Graphviz", () => {
  assert.match(dotText(graph), /^digraph tailherd \{\n[^]*"api" -> "db" \[label="healthy", style=dashed\];[^]*\}$/);
});
