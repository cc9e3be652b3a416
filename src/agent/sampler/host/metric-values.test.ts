import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_METRICS } from "../../../contract/metrics.ts";
import { firstByName, MetricValues } from "./metric-values.ts";

test("MetricValues rounds by unit and leaves out what is no number", () => {
  const collected = new MetricValues();
  collected.put("cpu_percent", 12.3456);
  collected.put("memory_used_bytes", 10.6);
  collected.put("load_1", 0.126);
  collected.put("swap_percent", Number.NaN);
  collected.put("filesystem_percent", 5, "/mnt/a\nb");
  collected.put("temperature_celsius", 40, "x".repeat(300));
  assert.deepEqual(collected.values, {
    cpu_percent: 12.3,
    memory_used_bytes: 11,
    load_1: 0.13,
    "filesystem_percent[/mnt/a?b]": 5,
    [`temperature_celsius[${"x".repeat(119)}…]`]: 40,
  });
});

test("MetricValues never has more than its places, counts the rest, and leaves out the same with and without rates", () => {
  const take = (first: boolean) => {
    const collected = new MetricValues();
    for (let core = 0; core < 600; core += 1) {
      collected.put("disk_busy_percent", first ? undefined : 1, `sd${core}`);
      collected.put("cpu_core_percent", 50, String(core));
    }
    collected.leaveOut(3);
    return collected;
  };
  const full = take(false);
  assert.equal(Object.keys(full.values).length, MAX_METRICS);
  assert.equal(full.leftOut, 1200 - MAX_METRICS + 3);
  const cores = ({ values }: MetricValues) => Object.keys(values).filter((key) => key.startsWith("cpu_core"));
  assert.deepEqual(cores(take(true)), cores(full));
});

test("firstByName() keeps the same ones in whatever order they come", () => {
  const names = ["c", "a", "d", "b"];
  assert.deepEqual(
    firstByName(names, 2, (name) => name),
    firstByName(names.toReversed(), 2, (name) => name),
  );
  assert.deepEqual(
    firstByName(names, 4, (name) => name),
    names,
  );
});
