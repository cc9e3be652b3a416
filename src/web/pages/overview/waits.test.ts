import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Graph } from "../../../contract/graph.ts";
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { findProblems, type Piece } from "./problems.ts";
import { withWaits } from "./waits.ts";

const service = (name: string, state: InstanceState): ServiceStatus =>
  ({
    name,
    state,
    reason: null,
    desired: "running",
    revision: 1,
    placed_on: ["here"],
    instances: [
      {
        state,
        server_id: "here",
        reason: state === "fatal" ? "exit 1" : null,
        since: "2026-11-26T12:00:00.000Z",
        last_exit: null,
        checks: [],
        restart_count: 0,
        pid: null,
        revision: null,
      },
    ],
  }) as unknown as ServiceStatus;
const waits = (from: string, to: string, met = false): Graph["edges"][number] => {
  return { from, to, condition: "started", restart: false, met };
};
const text = (sentence: Piece[]): string =>
  sentence.map((piece) => (typeof piece === "string" ? piece : "name" in piece ? piece.name : "…")).join("");

function told(services: ServiceStatus[], ...edges: Graph["edges"]): string[] {
  const problems = withWaits(findProblems(services, [], undefined, 0), services, edges);
  return problems.map(({ service: name, word, sentence }) => `${name} ${word}: ${text(sentence)}`);
}

describe("what waits", () => {
  it("for something on its way is no problem, nor is a condition that nobody waits for", () => {
    assert.deepEqual(told([service("web", "waiting"), service("db", "starting")], waits("web", "db")), []);
    assert.deepEqual(told([service("web", "running"), service("db", "stopped")], waits("web", "db")), []);
    assert.deepEqual(told([service("web", "waiting"), service("db", "stopped")], waits("web", "db", true)), []);
  });

  it("for something at rest is told of that, once for all that wait, with the button that starts it", () => {
    const services = [service("web", "waiting"), service("api", "waiting"), service("db", "stopped")];
    const edges = [waits("web", "db"), waits("api", "db"), waits("web", "api")];
    assert.deepEqual(told(services, ...edges), ["db stopped: api and web wait for it, and it is stopped."]);
    const [problem] = withWaits([], services, edges);
    assert.deepEqual(problem?.remedies[0], { remedy: "start", label: "Start db" });
  });

  it("for something that is a problem itself is told with that one", () => {
    const services = [service("web", "waiting"), service("db", "fatal")];
    const [first, ...rest] = told(services, waits("web", "db"));
    assert.deepEqual(rest, []);
    assert.match(first ?? "", /^db fatal: Exit 1\..* web waits for it\.$/);
  });

  it("for something that is not there is told of itself", () => {
    assert.deepEqual(told([service("web", "waiting")], waits("web", "gone")), [
      "web waiting: web waits for gone, and there is no service of that name.",
    ]);
  });
});
