// The spool where disks are full, and where holes cannot be punched.
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { DroppedOutput } from "../../src/agent/spool/output-log.ts";
import { createPuncher } from "../../src/agent/spool/punch.ts";
import { systemClock } from "../../src/base/clock.ts";
import { MIB } from "../../src/base/units.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { startService } from "../support/run-fixture.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { fillDisk } from "../support/squeeze.ts";
import { allLines, numbered, TempSpool, textsOf } from "../support/spool.ts";

describe("a full disk", () => {
  it("drops lines and counts them, goes on reading, and recovers by itself", async (t) => {
    using disk = SmallDisk.mount(24);
    if (disk === undefined) return t.skip("mounting a tmpfs needs root");
    using spool = new TempSpool(disk.dir);
    const told: DroppedOutput[] = [];
    const options = { maxSize: 64 * MIB, puncher: createPuncher(silentLogger) };
    const log = await spool.open({ ...options, onDropped: (dropped) => told.push(dropped) });
    log.note("started");
    spool.write("stdout", numbered(0, 1000));
    await log.drain();
    // What the service could still write before the disk was full stands in its file; the segments cannot take it.
    const filler = join(disk.dir, "filler");
    const reserve = "x".repeat(99);
    spool.write("stdout", `${reserve}\n`.repeat(60_000));
    fillDisk(filler);
    await log.drain();
    await log.settle();
    assert.equal((await log.lastLines(1)).length, 1, "reading goes on");
    assert.equal(statSync(log.stdoutFile).size, 0);
    rmSync(filler);
    spool.write("stdout", numbered(1000, 2000));
    await log.settle();
    const kept = await allLines(log);
    const { dropped } = await log.read({ limit: 1 });
    const texts = textsOf(kept, "stdout");
    assert.ok(dropped > 0);
    assert.equal(texts.length + dropped, 62_000);
    assert.equal(`${texts.filter((text) => text !== reserve).join("\n")}\n`, numbered(0, 2000));
    await log.close();
    assert.deepEqual(
      told.map(({ lines, reason }) => [lines, reason]),
      [[dropped, "disk full"]],
    );
    await using again = await spool.open(options);
    assert.equal((await again.read({ limit: 1 })).dropped, dropped);
    assert.match((await again.lastLines(1))[0]?.text ?? "", /^dropped \d+ lines .*: disk full$/);
  });
});

describe("where holes cannot be punched", () => {
  it("the service is frozen for a moment, its files are emptied, and no line is lost", async () => {
    using spool = new TempSpool();
    let freezes = 0;
    let pid = 0;
    const freeze = async (): Promise<AsyncDisposable> => {
      freezes++;
      signal(pid, "SIGSTOP");
      await stopped(pid);
      return { [Symbol.asyncDispose]: async () => signal(pid, "SIGCONT") };
    };
    await using log = await spool.open({ maxSize: 128 * MIB, clock: systemClock, freeze, puncher: null });
    const files = { stdout: log.stdoutFile, stderr: log.stderrFile };
    const service = startService("floods-output.ts", ["1000000", "60"], files);
    pid = service.child.pid ?? 0;
    assert.equal((await service.done).code, 0);
    await log.drain();
    assert.ok(freezes > 0);
    assert.ok(statSync(log.stdoutFile).size < 56 * MIB, "the file was emptied on the way");
    const kept = await allLines(log);
    assert.equal(kept.length, 1_000_000);
    assert.ok(kept.every(({ text }, index) => text.startsWith(`line ${String(index).padStart(7, "0")} `)));
  });
});

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** SIGSTOP is heeded a moment later; a write under way ends first. */
async function stopped(pid: number): Promise<void> {
  for (;;) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (["T", "Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "X")) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
