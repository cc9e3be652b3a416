import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatMetricKey, metricDefinition, METRICS, parseMetricKey, unitOf } from "./metrics.ts";

const name = fc.string({ minLength: 1, unit: "binary" }).filter((text) => !text.includes("["));
const label = fc.option(fc.string({ unit: "binary" }), { nil: null });

test("a key taken apart is what it was made of, whatever stands in the label", () => {
  fc.assert(
    fc.property(name, label, (name, label) => {
      assert.deepEqual(parseMetricKey(formatMetricKey(name, label)), { name, label });
    }),
  );
  assert.deepEqual(parseMetricKey("filesystem_percent[/mnt/a[1]]"), { name: "filesystem_percent", label: "/mnt/a[1]" });
  assert.deepEqual(parseMetricKey("x[]"), { name: "x", label: "" });
});

test("every text is a key that is made again from its parts", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a[\]]{0,8}$/)), (key) => {
      const { name, label } = parseMetricKey(key);
      assert.equal(formatMetricKey(name, label), key);
    }),
  );
});

test("unitOf() knows the catalogue and guesses the rest by the end of the name", () => {
  assert.equal(unitOf("cpu_percent"), "percent");
  assert.equal(unitOf("load_1"), "count");
  assert.equal(unitOf("disk_reads_per_second[nvme0n1]"), "ops_per_second");
  assert.equal(unitOf("gpu_memory_bytes[0]"), "bytes");
  assert.equal(unitOf("backup_age_seconds"), "seconds");
  assert.equal(unitOf("pump_celsius[left]"), "celsius");
  assert.equal(unitOf("wan_bytes_per_second"), "bytes_per_second");
  assert.equal(unitOf("users"), "none");
  assert.equal(unitOf("toString"), "none");
  fc.assert(fc.property(fc.string(), (key) => typeof unitOf(key) === "string"));
});

test("a name of the catalogue says its unit as a bare node's would", () => {
  for (const [name, { unit }] of Object.entries(METRICS)) {
    const guessed = unitOf(`bare_${name}`);
    if (guessed !== "none" && unit !== "ops_per_second") assert.equal(guessed, unit, name);
    assert.ok(!name.includes("["), name);
  }
  assert.equal(metricDefinition("temperature_celsius[k10temp Tctl]")?.per, "sensor");
  assert.equal(metricDefinition("constructor"), undefined);
});
