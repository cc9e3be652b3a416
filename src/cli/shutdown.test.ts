import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger, type Logger } from "../runtime/logger.ts";
import { Shutdown } from "./shutdown.ts";

test("closes in reverse, once each", async () => {
  const closed: string[] = [];
  const shutdown = new Shutdown(silentLogger);
  for (const name of ["agent", "hub"]) shutdown.add(name, () => void closed.push(name));
  assert.equal(await shutdown.run(), true);
  assert.equal(await shutdown.run(), true);
  assert.deepEqual(closed, ["hub", "agent"]);
});

test("a step that hangs or throws is named, and the others are closed all the same", async () => {
  const words: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, said) => void words.push(said) };
  const shutdown = new Shutdown(logger, 20);
  let closed = false;
  shutdown.add("the lock", () => void (closed = true));
  shutdown.add("the agent", async () => await new Promise<never>(() => undefined));
  shutdown.add("the hub", () => {
    throw new Error("broken");
  });
  assert.equal(await shutdown.run(), false);
  assert.ok(closed);
  assert.deepEqual(words, ["Closing the hub failed: broken", "Closing the agent failed: not done after 20 ms"]);
});
