import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RollingOptions } from "../../contract/rollout.ts";
import { type ServiceInput, serviceSpecSchema } from "../../contract/service.ts";
import { chooseServices, countOf, inOrder, type PlannedInstance, planRollout } from "./rollout-plan.ts";

const OPTIONS: RollingOptions = { batch: 1, max_unavailable: null, stable: 5, timeout: 120, rollback: false };
const spec = (input: Partial<ServiceInput> & { name: string }) => serviceSpecSchema.parse({ start_cmd: "x", ...input });
const names = (chosen: readonly { name: string }[]): string[] => chosen.map(({ name }) => name);
const all = (name: string) => ({ name, fits: null });

function instance(index: number, more: Partial<PlannedInstance> = {}): PlannedInstance {
  return { server_id: "a", server: "nas", index, wanted: true, state: "running", revision: 1, ...more };
}

describe("a share of instances", () => {
  it("is rounded down, and is at least one", () => {
    assert.deepEqual(
      [countOf("25%", 20), countOf("25%", 7), countOf("25%", 1), countOf("100%", 3), countOf(4, 2)],
      [5, 1, 1, 3, 4],
    );
  });
});

describe("the services of a rolling restart", () => {
  const records = [
    spec({ name: "web", kind: "frontend", labels: { tier: "front" }, depends_on: { api: {} } }),
    spec({ name: "api", kind: "backend", labels: { tier: "back" }, depends_on: { db: { restart: true } } }),
    spec({ name: "db", kind: "backend" }),
    spec({ name: "log", depends_on: { api: { restart: true } } }),
  ];
  const servers = [
    { id: "a", tags: ["eu"] },
    { id: "b", tags: ["us"] },
  ];
  const choose = (selection: { services?: string[]; kind?: "backend"; tag?: string }) =>
    chooseServices({ services: [], kind: null, tag: null, ...selection }, records, servers);

  it("fit all of what was selected", () => {
    assert.deepEqual(names(choose({ kind: "backend" })), ["api", "db"]);
    assert.deepEqual(names(choose({ tag: "tier" })), ["web", "api"]);
    assert.deepEqual(names(choose({ tag: "tier=back" })), ["api"]);
    assert.deepEqual(names(choose({ services: ["web", "db"], kind: "backend" })), ["db"]);
  });

  it("are meant only on the servers that have a tag, where no service has such a label", () => {
    const [first] = choose({ services: ["web"], tag: "eu" });
    assert.deepEqual(
      [first?.fits?.({ server_id: "a", index: 0 }), first?.fits?.({ server_id: "b", index: 0 })],
      [true, false],
    );
  });

  it("come after what they depend on, with those that ask to be restarted with them", () => {
    assert.deepEqual(names(inOrder([all("web"), all("api")], records)), ["api", "log", "web"]);
    assert.deepEqual(names(inOrder([all("db")], records)), ["db", "api", "log"]);
  });
});

describe("the targets of a rolling restart", () => {
  const plan = (instances: PlannedInstance[], options: Partial<RollingOptions> = {}) =>
    planRollout([all("web")], { ...OPTIONS, ...options }, () => ({ revision: 3, instances }));

  it("are instances that should run and have not ended by themselves", () => {
    const { targets } = plan([
      instance(0),
      instance(1, { wanted: false, state: "stopped" }),
      instance(2, { state: "exited" }),
      instance(3, { state: "fatal" }),
    ]);
    assert.deepEqual(
      targets.map(({ index }) => index),
      [0, 3],
    );
  });

  it("leave out a service of which nothing should run", () => {
    assert.deepEqual(plan([instance(0, { wanted: false })]), { services: [], targets: [] });
  });

  it("are counted for shares by all that should run, and remember what most of them ran", () => {
    const instances = [1, 2, 2, 1, 2, 2, 3, 2].map((revision, index) => instance(index, { revision }));
    const { services } = plan(instances, { batch: "50%", max_unavailable: "100%" });
    assert.deepEqual(services, [{ name: "web", batch: 4, max_unavailable: 8, revision: 3, before: 2 }]);
    assert.equal(plan([instance(0, { revision: null })]).services[0]?.before, null);
  });
});
