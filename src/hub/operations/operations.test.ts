import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { Operations } from "./operations.ts";

const ACTOR = { principal: "local:test", from: "socket" } as const;

test("wait() answers when the operation has ended, or as it is when patience is over", async () => {
  const clock = new FakeClock();
  const operations = new Operations(clock);
  const work = Promise.withResolvers<string>();
  const { operation, ended } = operations.start("bulk stop", ["a"], ACTOR, () => work.promise);
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

test("wait() rejects for an operation that is not known", async () => {
  await assert.rejects(new Operations(new FakeClock()).wait("none", 0), { code: "not_found" });
});
