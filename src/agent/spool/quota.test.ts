import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TempSpool, allLines, numbered, textsOf } from "../../../test/support/spool.ts";
import { MIB } from "../../base/units.ts";
import type { DroppedOutput, Puncher } from "./output-log.ts";
import { OVERHANG } from "./reclaim.ts";

/** Holes that are there at once, so that what the disk holds depends on nothing but what was written and read. */
const promptPuncher: Puncher = {
  async punch(file, length) {
    const args = ["--punch-hole", "--offset", "0", "--length", String(length), file];
    assert.equal(spawnSync("fallocate", args).status, 0);
    return true;
  },
};

describe("the quota", () => {
  it("drops the oldest, and kept and dropped lines are all that were written", async () => {
    using spool = new TempSpool();
    const told: DroppedOutput[] = [];
    const log = await spool.open({ maxSize: MIB, onDropped: (dropped) => told.push(dropped) });
    for (let first = 0; first < 100_000; first += 5000) {
      spool.write("stdout", numbered(first, first + 5000));
      await log.drain();
      assert.ok(spool.keptBytes() <= MIB);
    }
    const cursorsBefore = (await log.lastLines(10)).map((line) => line.cursor);
    await log.close();
    await using again = await spool.open({ maxSize: MIB });
    const kept = await allLines(again);
    const { dropped } = await again.read({ limit: 1 });
    const [note] = kept.filter((line) => line.stream === "tailherd");
    assert.match(note?.text ?? "", /^dropped \d+ lines \(\d+ bytes\): quota$/);
    assert.equal(kept.length - 1 + dropped, 100_000);
    assert.equal(
      told.reduce((sum, { lines }) => sum + lines, 0),
      dropped,
    );
    const texts = textsOf(kept, "stdout");
    assert.equal(`${texts.join("\n")}\n`, numbered(100_000 - texts.length, 100_000));
    assert.deepEqual(textsOf((await again.read({ limit: 11 })).lines, "stdout"), texts.slice(-10));
    assert.ok(cursorsBefore.every((cursor) => kept.some((line) => line.cursor === cursor)));
  });

  it("shrinks with resize()", async () => {
    using spool = new TempSpool();
    await using log = await spool.open({ maxSize: 4 * MIB });
    spool.write("stdout", numbered(0, 200_000));
    await log.drain();
    log.resize(MIB);
    assert.ok(spool.keptBytes() <= MIB);
    const kept = await allLines(log);
    assert.equal(kept.length + (await log.read({ limit: 1 })).dropped, 200_000);
  });

  it("skips what a service wrote long before we read, and counts it", async () => {
    using spool = new TempSpool();
    await (await spool.open()).close();
    spool.write("stdout", numbered(0, 600_000));
    const told: DroppedOutput[] = [];
    const log = await spool.open({ maxSize: MIB, onDropped: (dropped) => told.push(dropped) });
    await log.drain();
    const kept = await allLines(log);
    assert.equal(kept.length + (await log.read({ limit: 1 })).dropped, 600_000);
    assert.equal(kept.at(-1)?.text, "line 599999");
    await log.close();
    assert.ok(told.some(({ lines, reason }) => reason === "backlog" && lines > 300_000));
    assert.equal(told.reduce((sum, { lines }) => sum + lines, 0) + kept.length, 600_000);
  });

  for (const [size, part, parts] of [
    [MIB, 6 * MIB, 20],
    [24 * MIB, 7 * MIB, 30],
  ] as const) {
    it(`of ${size / MIB} MiB bounds the disk also while a service writes faster than is read`, async () => {
      using spool = new TempSpool();
      const told: DroppedOutput[] = [];
      const options = {
        maxSize: size,
        puncher: promptPuncher,
        onDropped: (dropped: DroppedOutput) => told.push(dropped),
      };
      const log = await spool.open(options);
      const line = `${"x".repeat(59)}\n`;
      const text = line.repeat(Math.floor(part / line.length));
      const lines = (text.length / line.length) * parts;
      for (let count = 0; count < parts; count++) {
        spool.write(count % 4 === 0 ? "stderr" : "stdout", text);
        // About one turn of reading, whatever that takes of it.
        await new Promise((resolve) => setImmediate(resolve));
        const bytes = spool.diskBytes();
        assert.ok(bytes <= size + OVERHANG, `${bytes / MIB} MiB on disk after ${count + 1} parts`);
      }
      await log.drain();
      const { dropped } = await log.read({ limit: 1 });
      const kept = await allLines(log);
      assert.equal(kept.length + dropped, lines, "kept and dropped are all lines");
      assert.ok(kept.length * 60 > size / 2, "no more was dropped than the quota asks for");
      await log.close();
      assert.equal(
        told.reduce((sum, { lines: count }) => sum + count, 0),
        dropped,
      );
    });
  }

  it("counts what it drops exactly, wherever the agent is killed", async () => {
    const step = fc.oneof(
      fc.record({ stream: fc.constantFrom("stdout" as const, "stderr" as const), lines: fc.nat(60_000) }),
      fc.constantFrom("turn" as const, "drain" as const, "kill" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        let spool = new TempSpool();
        let log = await spool.open({ maxSize: MIB });
        let written = 0;
        for (const each of steps) {
          if (each === "turn") await new Promise((resolve) => setImmediate(resolve));
          else if (each === "drain") await log.drain();
          else if (each === "kill") {
            const left = spool.copy();
            // Its place is its own, so that closing it tells the copy nothing.
            await log.close();
            spool[Symbol.dispose]();
            spool = left;
            log = await spool.open({ maxSize: MIB });
          } else {
            spool.write(each.stream, numbered(written, written + each.lines));
            written += each.lines;
          }
        }
        await log.drain();
        const kept = (await allLines(log)).filter(({ stream }) => stream !== "tailherd");
        const { dropped } = await log.read({ limit: 1 });
        assert.equal(kept.length + dropped, written);
        assert.equal(new Set(kept.map(({ text }) => text)).size, kept.length, "none is kept twice");
        assert.ok(kept.every(({ text }) => /^line \d+$/.test(text)));
        await log.close();
        spool[Symbol.dispose]();
      }),
      { numRuns: 25 },
    );
  });
});
