import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RouteResult } from "../contract/routes.ts";
import { awaitedBy, restingOn } from "./along.ts";

type Graph = RouteResult<"GET /api/graph">;

const node = (name: string, state: Graph["nodes"][number]["state"]) => ({ name, state, reason: null, layer: 0 });
const edge = (from: string, to: string, met: boolean) => ({
  from,
  to,
  condition: "started" as const,
  restart: false,
  met,
});
const graph: Graph = {
  nodes: [
    node("db", "stopped"),
    node("job", "exited"),
    node("api", "waiting"),
    node("web", "running"),
    node("old", "stopped"),
  ],
  edges: [edge("api", "db", false), edge("api", "job", true), edge("web", "api", false), edge("old", "web", true)],
  start_order: [["db", "job"], ["api"], ["web"], ["old"]],
};

describe("what goes along", () => {
  it("with a start is what it would wait for, and not what is there or done", () => {
    assert.deepEqual(awaitedBy(graph, ["web"]), ["api", "db"]);
    assert.deepEqual(awaitedBy(graph, ["db"]), []);
  });

  it("with a stop is what depends on it and is up", () => {
    assert.deepEqual(restingOn(graph, ["db"]), ["api", "web"]);
    assert.deepEqual(restingOn(graph, ["web"]), []);
  });
});
