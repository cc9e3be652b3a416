import assert from "node:assert/strict";
import { test } from "node:test";
import { MIB } from "../../base/units.ts";
import { FakeProcessTable } from "../processes/fake-process-table.ts";
import { MemoryMeter } from "./memory-meter.ts";

function setup(options: { cost?: number; pss?: (pid: number) => number | undefined } = {}) {
  const asked: number[] = [];
  let time = 0;
  const files = {
    pss(pid: number) {
      asked.push(pid);
      time += options.cost ?? 0;
      return options.pss === undefined ? 10 * MIB : options.pss(pid);
    },
  };
  return { asked, meter: new MemoryMeter(files, () => time), table: new FakeProcessTable() };
}

test("MemoryMeter tells PSS of small processes, measured once and corrected by what the resident size changed", () => {
  const { asked, meter, table } = setup();
  const process = table.add({ pid: 5, rss: 14 * MIB });
  meter.beginRound();
  assert.deepEqual(meter.read([process]), { bytes: 10 * MIB, kind: "pss" });
  meter.beginRound();
  process.rss = 17 * MIB;
  assert.deepEqual(meter.read([process]), { bytes: 13 * MIB, kind: "pss" });
  process.rss = MIB;
  assert.deepEqual(meter.read([process]), { bytes: 0, kind: "pss" });
  assert.deepEqual(asked, [5]);
  for (let round = 0; round < 60; round += 1) meter.beginRound();
  meter.read([process]);
  assert.deepEqual(asked, [5, 5]);
});

test("MemoryMeter tells RSS of large processes, of many, and where the kernel refuses", () => {
  const { asked, meter, table } = setup({ pss: (pid) => (pid === 6 ? undefined : MIB) });
  meter.beginRound();
  const large = table.add({ pid: 5, rss: 900 * MIB });
  assert.deepEqual(meter.read([large]), { bytes: 900 * MIB, kind: "rss" });
  const many = Array.from({ length: 40 }, (_, at) => table.add({ pid: 100 + at, rss: MIB }));
  assert.deepEqual(meter.read(many), { bytes: 40 * MIB, kind: "rss" });
  assert.deepEqual(asked, []);
  const refused = table.add({ pid: 6, rss: 2 * MIB });
  assert.deepEqual(meter.read([table.add({ pid: 7, rss: 3 * MIB }), refused]), { bytes: 5 * MIB, kind: "rss" });
  assert.deepEqual(meter.read([]), { bytes: 0, kind: "rss" });
});

test("MemoryMeter spends a bounded time on a round, and goes on in the next", () => {
  const { asked, meter, table } = setup({ cost: 2 });
  const processes = Array.from({ length: 9 }, (_, at) => table.add({ pid: 100 + at }));
  const sample = () => {
    meter.beginRound();
    return processes.map((process) => meter.read([process]).kind);
  };
  assert.equal(sample().filter((kind) => kind === "pss").length, 3);
  assert.equal(asked.length, 3);
  sample();
  assert.deepEqual(new Set(sample()), new Set(["pss"]));
  assert.equal(asked.length, 9);
});

test("MemoryMeter does not take a reused pid for the process before", () => {
  const { asked, meter, table } = setup();
  meter.beginRound();
  meter.read([table.add({ pid: 5 })]);
  meter.read([table.add({ pid: 5 })]);
  assert.deepEqual(asked, [5, 5]);
});
