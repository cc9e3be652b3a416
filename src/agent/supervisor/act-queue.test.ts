import assert from "node:assert/strict";
import { test } from "node:test";
import { ActQueue } from "./act-queue.ts";

function recorded() {
  const queue = new ActQueue<number>();
  const ran: string[] = [];
  const ask = (action: "start" | "stop" | "restart", act: () => Promise<void> = async () => {}) =>
    queue.run(action, async () => {
      const at = ran.push(action);
      await act();
      return at;
    });
  return { queue, ran, ask };
}

test("run() lets acts happen one after the other, and equal ones that wait become one", async () => {
  const { ran, ask } = recorded();
  const first = ask("restart");
  const [stop, again] = [ask("stop"), ask("stop")];
  assert.deepEqual(await Promise.all([first, stop, again]), [1, 2, 2]);
  assert.deepEqual(ran, ["restart", "stop"]);
});

test("run() joins a start that goes on, but begins anew after it or after another act", async () => {
  const { ran, ask } = recorded();
  const gate = Promise.withResolvers<void>();
  const first = ask("start", () => gate.promise);
  await new Promise(setImmediate);
  const joined = ask("start");
  gate.resolve();
  assert.deepEqual(await Promise.all([first, joined]), [1, 1]);
  assert.equal(await ask("start"), 2);
  assert.deepEqual(await Promise.all([ask("start"), ask("stop"), ask("start")]), [3, 4, 5]);
  assert.deepEqual(ran, ["start", "start", "start", "stop", "start"]);
});

test("run() repeats a restart asked while one goes on, since the definition may have changed", async () => {
  const { ran, ask } = recorded();
  const gate = Promise.withResolvers<void>();
  const first = ask("restart", () => gate.promise);
  await new Promise(setImmediate);
  const second = ask("restart");
  gate.resolve();
  assert.deepEqual(await Promise.all([first, second]), [1, 2]);
  assert.deepEqual(ran, ["restart", "restart"]);
});

test("run() goes on after an act that failed", async () => {
  const { queue, ask } = recorded();
  const failing = queue.run("start", () => Promise.reject(new Error("no")));
  const next = ask("stop");
  await assert.rejects(failing, /no/);
  assert.equal(await next, 1);
});
