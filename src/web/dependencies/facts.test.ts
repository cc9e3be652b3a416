import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dependenciesOf } from "../../base/dependency-graph.ts";
import { connected, needsByName, planOf, reachOf, type Edge } from "./facts.ts";

const node = (name: string) => ({ name, state: "running" as const, reason: null, layer: 0 });
const edge = (from: string, to: string): Edge => ({ from, to, condition: "started", restart: false, met: true });

const GRAPH = needsByName({
  nodes: ["web", "api", "db", "cron"].map(node),
  edges: [edge("web", "api"), edge("api", "db")],
});

describe("what follows from dependencies", () => {
  it("reaches both ways, through others", () => {
    assert.deepEqual(reachOf(GRAPH, "api"), { needs: new Set(["db"]), neededBy: new Set(["web"]) });
    assert.deepEqual(reachOf(GRAPH, "db"), { needs: new Set(), neededBy: new Set(["web", "api"]) });
    assert.deepEqual(reachOf(GRAPH, "cron"), { needs: new Set(), neededBy: new Set() });
  });

  it("tells what stands on its own from what has a layer", () => {
    const graph = {
      nodes: ["web", "db", "cron"].map(node),
      edges: [edge("web", "db")],
      start_order: [["cron", "db"], ["web"]],
    };
    assert.deepEqual(connected(graph), { layers: [["db"], ["web"]], alone: ["cron"] });
  });

  it("orders what is picked, also through what is not, and names that", () => {
    assert.deepEqual(planOf(GRAPH, ["web", "db", "cron"]), {
      steps: [["cron", "db"], ["web"]],
      needed: ["api"],
      dependents: ["api"],
    });
    assert.deepEqual(planOf(GRAPH, []), { steps: [], needed: [], dependents: [] });
  });

  it("starts everything that is picked once, after all that it needs", () => {
    const graphs = fc
      .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 20 })
      .map((all) => new Map(all.map((needs, at) => [`s${at}`, at === 0 ? [] : needs.map((need) => `s${need % at}`)])));
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.boolean()), (graph, picks) => {
        const picked = [...graph.keys()].filter(() => picks.next().value);
        const { steps } = planOf(graph, picked);
        assert.deepEqual(steps.flat().toSorted(), picked.toSorted());
        const step = new Map(steps.flatMap((names, at) => names.map((name) => [name, at] as const)));
        for (const name of picked) {
          for (const need of dependenciesOf(graph, [name])) {
            const at = step.get(need);
            if (at !== undefined) assert.ok(at < (step.get(name) ?? -1), `${need} before ${name}`);
          }
        }
      }),
    );
  });
});
