import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Graph } from "../../contract/graph.ts";
import type { InstanceState } from "../../contract/status.ts";
import { consequencesOf, fateWords } from "./consequences.ts";

const edge = (from: string, to: string, restart = false): Graph["edges"][number] => {
  return { from, to, condition: "started", restart, met: true };
};
const graphOf = (...edges: Graph["edges"]): Graph => {
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const node = (name: string) => ({ name, state: "running" as const, reason: null, layer: 0 });
  return { nodes: names.map(node), edges, start_order: [] };
};
const all =
  (states: Record<string, InstanceState> = {}) =>
  (name: string): InstanceState =>
    states[name] ?? "running";

const GRAPH = graphOf(edge("api", "db", true), edge("worker", "db"), edge("web", "api", true), edge("cdn", "web"));

describe("what follows from an act on something that others depend on", () => {
  it("of a stop: what depends on it keeps running, what does so through others is only named", () => {
    const { told, beyond } = consequencesOf(GRAPH, ["db"], "stop", all());
    assert.deepEqual(
      told.map((one) => `${one.name} ${fateWords(one, "stop")}`),
      ["api keeps running without db", "worker keeps running without db"],
    );
    assert.deepEqual(beyond, ["cdn", "web"]);
  });

  it("of a restart: those that say so follow, also through others, and what depends on those is told", () => {
    const { told, beyond } = consequencesOf(GRAPH, ["db"], "restart", all());
    assert.deepEqual(
      told.map((one) => `${one.name} ${fateWords(one, "restart")}`),
      [
        "api is restarted too",
        "cdn keeps running; web is away for a moment",
        "web is restarted too",
        "worker keeps running; db is away for a moment",
      ],
    );
    assert.deepEqual(beyond, []);
  });

  it("nothing becomes of what is at rest, or is acted on itself", () => {
    const states = all({ api: "stopped", worker: "fatal", web: "exited", cdn: "stopped" });
    assert.deepEqual(consequencesOf(GRAPH, ["db"], "restart", states), { told: [], beyond: [] });
    assert.deepEqual(
      consequencesOf(GRAPH, ["db", "api", "worker"], "stop", all()).told.map(({ name }) => name),
      ["web"],
    );
    assert.deepEqual(consequencesOf(GRAPH, ["cdn"], "stop", all()), { told: [], beyond: [] });
    assert.deepEqual(consequencesOf(GRAPH, ["db"], "stop", () => undefined).told, []);
  });

  it("what has yet to start waits for it", () => {
    const graph = graphOf(edge("api", "db"), edge("api", "queue"));
    const { told } = consequencesOf(graph, ["db", "queue"], "stop", all({ api: "backoff" }));
    assert.deepEqual(
      told.map((one) => fateWords(one, "stop")),
      ["waits for db and queue before it starts"],
    );
  });

  it("ends where those that follow lead back", () => {
    const graph = graphOf(edge("a", "b", true), edge("b", "a", true));
    assert.deepEqual(consequencesOf(graph, ["a"], "restart", all()).told, [
      { name: "b", state: "running", fate: "follows", on: ["a"] },
    ]);
  });
});
