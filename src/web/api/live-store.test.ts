import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import { LiveStore } from "./live-store.ts";

const STATS = {} as SystemStats;

/** As much of a row as the pictures look at. */
function row(name: string, cpu: number | null): ServiceStatus {
  return { name, labels: {}, instances: [{ cpu }] } as unknown as ServiceStatus;
}

function pointsOf(store: LiveStore, name: string): number[] {
  const values = store.recentCpu(name);
  return Array.from({ length: values?.length ?? 0 }, (_, index) => values?.at(index) ?? Number.NaN);
}

function openStore(): LiveStore {
  return new LiveStore((act) => act());
}

test("a service at rest has a point with each sample of the machine, as a busy one has", () => {
  const store = openStore();
  store.reset([row("busy", 10), row("rests", 1)], 0);
  for (let second = 1; second <= 3; second++) {
    store.setStats(STATS, second * 1000);
    store.change([row("busy", 10 + second)], second * 1000 + 5);
  }
  assert.deepEqual(pointsOf(store, "busy"), [10, 11, 12, 13]);
  assert.deepEqual(pointsOf(store, "rests"), [1, 1, 1, 1]);
});

test("a service that never ran has no picture, one that stopped goes on at 0", () => {
  const store = openStore();
  store.reset([row("never", null), row("stopped", 4)], 0);
  store.change([row("stopped", null)], 1000);
  store.setStats(STATS, 2000);
  assert.deepEqual(pointsOf(store, "never"), []);
  assert.deepEqual(pointsOf(store, "stopped"), [4, 0, 0]);
});

test("what the hub kept takes the place of the few samples that came since", () => {
  const store = openStore();
  store.reset([row("api", 3), row("long", 9)], 0);
  for (let second = 1; second <= 4; second++) store.setStats(STATS, second * 1000);
  let drawn = 0;
  store.rowSignal("api").subscribe(() => (drawn += 1));
  store.fillRecent({ api: [1, 2, 3, 4, 5, 6], long: [9, 9], gone: [1, 2, 3] }, 4100);
  assert.deepEqual(pointsOf(store, "api"), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(pointsOf(store, "long"), [9, 9, 9, 9, 9]);
  assert.deepEqual(pointsOf(store, "gone"), []);
  assert.equal(drawn, 1);
});
