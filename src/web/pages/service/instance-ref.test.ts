import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStatus } from "../../../contract/status.ts";
import { choicesOf, pick } from "./instance-ref.ts";

const status = (...instances: [server: string, index: number][]): ServiceStatus =>
  ({
    instances: instances.map(([server, index]) => ({ server, server_id: `id-${server}`, index })),
  }) as unknown as ServiceStatus;

test("instances are called by what tells them apart", () => {
  const labels = (one: ServiceStatus): string[] => choicesOf(one).map(({ label }) => label);
  assert.deepEqual(labels(status(["hub", 1], ["hub", 0])), ["Instance 0", "Instance 1"]);
  assert.deepEqual(labels(status(["web-10", 0], ["web-2", 0])), ["web-2", "web-10"]);
  assert.deepEqual(labels(status(["b", 1], ["a", 0], ["b", 0])), ["a #0", "b #0", "b #1"]);
});

test("the one that is wanted is found by number, and by a server's id or name; else it is the first", () => {
  const both = status(["a", 0], ["b", 0], ["b", 1]);
  assert.deepEqual(pick(both, { index: 1, server: "b" })?.server, "id-b");
  assert.deepEqual(pick(both, { index: 0, server: "id-b" })?.server, "id-b");
  assert.deepEqual(pick(both, { index: 7, server: "gone" })?.server, "id-a");
  assert.deepEqual(pick(status(), { index: 3, server: null }), { index: 0, server: undefined });
});
