import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { serviceSpecSchema, type ServiceRecord, type ServiceSpec } from "../../contract/service.ts";
import type { PlanStep } from "../../contract/transfer.ts";
import { differences } from "./differences.ts";
import { planApply } from "./plan.ts";

function record(spec: ServiceSpec, owner: string | null, desired: "running" | "stopped" = "running"): ServiceRecord {
  const at = "2026-01-01T00:00:00.000Z";
  return {
    ...spec,
    revision: 1,
    desired,
    stopped_instances: [],
    stopped_servers: [],
    owner,
    created_at: at,
    updated_at: at,
  };
}

function spec(name: string, input: object = {}): ServiceSpec {
  return serviceSpecSchema.parse({ name, start_cmd: "true", ...input });
}

/** What committing a plan does to the records, as a model. */
function apply(current: ServiceRecord[], wanted: ServiceSpec[], owner: string, steps: PlanStep[]): ServiceRecord[] {
  const changed = new Map(current.map((one) => [one.name, one]));
  for (const { service, change } of steps) {
    const to = wanted.find(({ name }) => name === service);
    if (change === "remove") changed.delete(service);
    else if (change !== "same" && to !== undefined) changed.set(service, record(to, owner));
  }
  return [...changed.values()];
}

const names = ["a", "b", "c", "d", "e"];
const owners = ["one.yaml", "two.yaml"];
const specs = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }), fc.constantFrom("x", "y")), {
    selector: ([name]) => name,
  })
  .map((rows) => rows.map(([name, port, value]) => spec(name, { ports: [port], env: { A: value } })));
const records = fc
  .tuple(specs, fc.array(fc.constantFrom(null, ...owners), { minLength: names.length, maxLength: names.length }))
  .map(([rows, by]) => rows.map((row, i) => record(row, by[i] ?? null)));

describe("planApply()", () => {
  it("adds, changes, takes over, keeps, and removes only what the owner owned", () => {
    const current = [
      record(spec("same"), "f"),
      record(spec("changed"), "f"),
      record(spec("by hand"), null),
      record(spec("gone"), "f"),
      record(spec("foreign"), "g"),
    ];
    const wanted = [spec("new"), spec("same"), spec("changed", { env: { A: "1" } }), spec("by hand")];
    assert.deepEqual(planApply(current, wanted, "f"), [
      { service: "new", change: "add", differences: [], restart_needed: false },
      { service: "same", change: "same", differences: [], restart_needed: false },
      {
        service: "changed",
        change: "change",
        differences: [{ path: "env.A", from: null, to: "1" }],
        restart_needed: true,
      },
      { service: "by hand", change: "take_over", differences: [], restart_needed: false },
      { service: "gone", change: "remove", differences: [], restart_needed: false },
    ]);
  });

  it("asks for a restart when instances begin or cease to share held sockets", () => {
    const sockets = [{ port: 80 }];
    const needed = (before: number, after: number): boolean =>
      planApply(
        [record(spec("api", { sockets, instances: before }), "f")],
        [spec("api", { sockets, instances: after })],
        "f",
      )[0]?.restart_needed ?? false;
    assert.deepEqual([needed(1, 2), needed(2, 1), needed(2, 3)], [true, true, false]);
  });

  it("asks for a restart only for what a process takes when it starts, and only where one is wanted", () => {
    const needed = (input: object, desired: "running" | "stopped" = "running"): boolean =>
      planApply([record(spec("api"), "f", desired)], [spec("api", input)], "f")[0]?.restart_needed ?? false;
    assert.ok(needed({ start_cmd: "false" }));
    assert.ok(needed({ limits: { memory: "64M" } }));
    assert.ok(!needed({ start_cmd: "false" }, "stopped"));
    assert.ok(!needed({ description: "words", labels: { team: "x" }, restart: { max: 3 } }));
    assert.ok(
      !needed({ reload: { signal: "SIGHUP" }, depends_on: { db: {} }, checks: [{ name: "up", kind: "tcp", port: 1 }] }),
    );
    assert.ok(needed({ sockets: [{ port: 80 }] }));
  });

  it("is all `same` after it was applied", () => {
    fc.assert(
      fc.property(records, specs, (current, wanted) => {
        const steps = planApply(current, wanted, "one.yaml");
        const after = apply(current, wanted, "one.yaml", steps);
        const again = planApply(after, wanted, "one.yaml");
        assert.deepEqual(
          again.filter(({ change }) => change !== "same"),
          [],
        );
        assert.deepEqual(
          after
            .filter(({ owner }) => owner === "one.yaml")
            .map(({ name }) => name)
            .sort(),
          wanted.map(({ name }) => name).sort(),
        );
      }),
    );
  });

  it("does not depend on any order", () => {
    const shuffled = fc
      .tuple(records, specs)
      .chain(([current, wanted]) =>
        fc.tuple(fc.constant(current), fc.constant(wanted), shuffle(current), shuffle(wanted)),
      );
    const byName = (steps: PlanStep[]): PlanStep[] => steps.sort((x, y) => (x.service < y.service ? -1 : 1));
    fc.assert(
      fc.property(shuffled, ([current, wanted, current2, wanted2]) => {
        const plan = byName(planApply(current, wanted, "one.yaml"));
        assert.deepEqual(byName(planApply(current2, wanted2, "one.yaml")), plan);
      }),
    );
  });

  it("never touches what other owners own and the file does not name", () => {
    fc.assert(
      fc.property(records, specs, (current, wanted) => {
        const steps = planApply(current, wanted, "one.yaml");
        const mine = new Set(current.filter(({ owner }) => owner === "one.yaml").map(({ name }) => name));
        for (const step of steps) {
          if (step.change === "remove") assert.ok(mine.has(step.service));
        }
        assert.equal(new Set(steps.map(({ service }) => service)).size, steps.length);
      }),
    );
  });
});

function shuffle<T>(values: T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray(values, { minLength: values.length });
}

describe("differences()", () => {
  it("names leaves by dotted paths, lists as one value, and what is not there as null", () => {
    const from = spec("api", { ports: [1], env: { A: "1", B: "2" } });
    const to = spec("api", { ports: [1, 2], env: { B: "3", C: "4" }, restart: { backoff: { max: 5 } } });
    assert.deepEqual(differences(from, to), [
      { path: "ports", from: [1], to: [1, 2] },
      { path: "env.A", from: "1", to: null },
      { path: "env.B", from: "2", to: "3" },
      { path: "env.C", from: null, to: "4" },
      { path: "restart.backoff.max", from: 30, to: 5 },
    ]);
  });

  it("finds nothing in equal values, and the mirror image the other way round", () => {
    const values = fc.dictionary(
      fc.constantFrom("a", "b"),
      fc.dictionary(fc.constantFrom("c", "d"), fc.integer({ max: 3 })),
    );
    fc.assert(
      fc.property(values, values, (from, to) => {
        assert.deepEqual(differences(from, structuredClone(from)), []);
        const there = differences(from, to).map(({ path, from, to }) => JSON.stringify([path, from, to]));
        const back = differences(to, from).map(({ path, from, to }) => JSON.stringify([path, to, from]));
        assert.deepEqual(there.sort(), back.sort());
      }),
    );
  });
});
