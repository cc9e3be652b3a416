import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerNode } from "../../../contract/server.ts";
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { findProblems } from "./problems.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");

function server(id: string, state: ServerNode["state"], more: Partial<ServerNode> = {}): ServerNode {
  const last_seen = "2026-01-01T11:54:00Z";
  return { id, name: id, state, kind: "agent", services: [], revoked: false, last_seen, ...more } as ServerNode;
}

function service(name: string, ...instances: [server: string, state: InstanceState][]): ServiceStatus {
  const since = "2026-01-01T11:00:00Z";
  const rest = {
    reason: null,
    since,
    pid: null,
    last_exit: null,
    restart_count: 0,
    next_start_at: null,
    index: 0,
    checks: [],
  };
  return {
    name,
    state: instances.some(([, state]) => state === "fatal") ? "fatal" : "running",
    reason: null,
    desired: "running",
    placed_on: instances.map(([id]) => id),
    instances: instances.map(([id, state]) => ({ ...rest, server_id: id, state })),
  } as unknown as ServiceStatus;
}

const keys = (services: ServiceStatus[], servers: ServerNode[]): string[] =>
  findProblems(services, servers, undefined, NOW).map(({ key }) => key);

test("an offline server is the root cause: what failed there before it went is not told beside it", () => {
  const services = [service("there", ["pi", "fatal"]), service("both", ["hub", "running"], ["pi", "fatal"])];
  const hub = server("hub", "online", { kind: "hub" });
  assert.deepEqual(keys(services, [hub, server("pi", "online")]), ["there:fatal", "both:fatal"]);
  assert.deepEqual(keys(services, [hub, server("pi", "offline")]), ["server:pi"]);
});

test("what fails elsewhere is still told, after the server", () => {
  const services = [service("both", ["hub", "fatal"], ["pi", "running"])];
  assert.deepEqual(keys(services, [server("hub", "online"), server("pi", "offline")]), ["server:pi", "both:fatal"]);
});

test("a server that is late, or that somebody revoked, is no problem of its own", () => {
  assert.deepEqual(keys([], [server("a", "late"), server("b", "offline", { revoked: true }), server("c", "new")]), []);
});

test("a service that no server fits is told while it should run", () => {
  const lost = service("lost");
  assert.deepEqual(keys([lost], []), ["lost:nowhere"]);
  assert.deepEqual(keys([{ ...lost, desired: "stopped" }], []), []);
});

test("a service whose readiness check fails is told with the reason, one that was not looked at yet is not", () => {
  const check = {
    name: "db",
    kind: "tcp",
    role: "readiness",
    reason: "refused",
    since: "2026-01-01T11:00:00Z",
  } as const;
  const checked = (state: "waiting" | "failing" | "passing", role: "readiness" | "liveness"): ServiceStatus => {
    const running = service("api", ["hub", "running"]);
    const instances = running.instances.map((one) => ({ ...one, checks: [{ ...check, state, role }] }));
    return { ...running, instances };
  };
  assert.deepEqual(keys([checked("failing", "readiness")], []), ["api:not ready"]);
  for (const well of [checked("waiting", "readiness"), checked("passing", "readiness")])
    assert.deepEqual(keys([well], []), []);
  assert.deepEqual(keys([checked("failing", "liveness")], []), [], "that is the state's to tell");
  const [problem] = findProblems([checked("failing", "readiness")], [], undefined, NOW);
  assert.equal(problem?.sentence[0], "It runs, but its check db fails: refused. It began ");
});
