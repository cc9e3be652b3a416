import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import { Catalog } from "../services/catalog.ts";
import type { Store } from "../store/store.ts";
import { startActs } from "./act-run.ts";
import { Operations } from "./operations.ts";

const ACTOR = { principal: "local:test", from: "socket" } as const;

async function open(
  context: TestContext,
): Promise<{ operations: Operations; clock: FakeClock; store: Store; catalog: Catalog }> {
  const clock = new FakeClock();
  const dir = mkdtempSync(join(tmpdir(), "tailherd-operations-"));
  const store = await openSqliteStore({ file: join(dir, "hub.db"), clock, logger: silentLogger });
  const operations = await Operations.load({ store, clock, logger: silentLogger });
  context.after(async () => {
    await operations.close();
    await store.close();
    rmSync(dir, { recursive: true });
  });
  return { operations, clock, store, catalog: await Catalog.load(store) };
}

test("wait() answers when the operation has ended, or as it is when patience is over", async (context) => {
  const { operations, clock, catalog } = await open(context);
  const work = Promise.withResolvers<string>();
  const about = { kind: "bulk stop", title: "stop a", action: "stop", services: ["a"] } as const;
  const { operation, ended } = await startActs({ operations, clock, catalog }, about, ACTOR, () => work.promise);
  assert.equal((await operations.wait(operation.id, 0)).state, "running");
  const impatient = operations.wait(operation.id, 250);
  clock.advance(250);
  assert.equal((await impatient).state, "running");
  const patient = operations.wait(operation.id, 250);
  work.resolve("stopped");
  assert.equal((await patient).state, "done");
  await ended;
  assert.equal((await operations.wait(operation.id, 250)).state, "done");
});

test("wait() rejects for an operation that is not known", async (context) => {
  const { operations } = await open(context);
  await assert.rejects(operations.wait("none", 0), { code: "not_found" });
});

test("operations that an older hub stored are not paused, and their targets are no instances", async (context) => {
  const { operations, clock, catalog, store } = await open(context);
  const about = { kind: "bulk stop", title: "stop a", action: "stop", services: ["a"] } as const;
  const { operation, ended } = await startActs({ operations, clock, catalog }, about, ACTOR, async () => "stopped");
  await ended;
  await operations.close();
  const [stored] = await store.listOperations();
  assert.ok(stored);
  const { paused, progress, ...older } = stored.about;
  const targets = stored.targets.map(({ index, ...target }) => ({ ...target, index: index ?? undefined }));
  assert.deepEqual([paused, progress], [false, null]);
  const old = { ...store, listOperations: async () => [{ ...stored, about: older, targets }] } as unknown as Store;
  const again = await Operations.load({ store: old, clock, logger: silentLogger });
  const read = again.require(operation.id);
  assert.deepEqual([read.paused, read.progress, read.targets[0]?.index], [false, null, null]);
});
