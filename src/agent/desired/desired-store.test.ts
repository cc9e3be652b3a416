import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import type { DesiredService } from "../../contract/agent.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { DesiredStore } from "./desired-store.ts";

function service(name: string, revision = 1): DesiredService {
  return {
    spec: serviceSpecSchema.parse({ name, start_cmd: "x" }),
    revision,
    desired: "running",
    stopped_instances: [],
  };
}

describe("DesiredStore", () => {
  let agentDir: string;
  const open = async (): Promise<DesiredStore> => {
    const store = new DesiredStore({ agentDir, runRoot: agentDir, clock: new FakeClock(), logger: silentLogger });
    await store.open();
    return store;
  };
  const kept = (): string[] => {
    const text = readFileSync(join(agentDir, "desired.json"), "utf8");
    const { services } = JSON.parse(text) as { services: DesiredService[] };
    return services.map(({ spec, revision }) => `${spec.name} r${revision}`);
  };
  /** What a full disk does, for whoever may write anywhere. */
  const blocker = (): string => join(agentDir, ".desired.json.new");

  beforeEach(() => (agentDir = mkdtempSync(join(tmpdir(), "tailherd-desired-"))));
  afterEach(() => rmSync(agentDir, { recursive: true }));

  it("has each change on the disk when it answers, changes that come together too", async () => {
    const store = await open();
    await store.replace([service("a"), service("b")], 1000);
    assert.deepEqual(kept(), ["a r1", "b r1"]);
    await Promise.all([store.put(service("a", 2)), store.delete("b"), store.put(service("c"))]);
    assert.deepEqual(kept(), ["a r2", "c r1"]);
  });

  it("holds nothing of a change that could not be kept, also not with the next one", async () => {
    const store = await open();
    await store.put(service("a"));
    mkdirSync(blocker());
    await assert.rejects(Promise.all([store.put(service("a", 2)), store.put(service("lost"))]));
    await assert.rejects(store.put(service("b")), { code: "degraded" });
    rmSync(blocker(), { recursive: true });
    await store.put(service("c"));
    assert.deepEqual(kept(), ["a r1", "c r1"]);
  });

  it("writes nothing when nothing changed: what a full disk holds already is kept", async () => {
    const store = await open();
    await store.put(service("a"));
    const before = statSync(join(agentDir, "desired.json")).ino;
    mkdirSync(blocker());
    await store.put(service("a"));
    const next = await open();
    await next.replace([service("a")], 5000);
    assert.equal(statSync(join(agentDir, "desired.json")).ino, before);
  });
});
