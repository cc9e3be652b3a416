import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TempSpool, allLines, numbered, textsOf } from "../../../test/support/spool.ts";
import { FakeClock, systemClock } from "../../base/clock.ts";
import { MIB } from "../../base/units.ts";
import type { LogLine } from "../../contract/status.ts";
import type { OutputLog } from "./output-log.ts";

describe("the output log", () => {
  it("tells stdout, stderr and our own lines apart, in order", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    log.note("started, pid 412");
    spool.write("stdout", "one\n");
    log.note("asked\nto stop");
    spool.write("stderr", "two\nthree");
    await log.drain({ final: true });
    const lines = await log.lastLines(10);
    assert.deepEqual(
      lines.map(({ stream, text }) => `${stream}: ${text}`),
      ["tailherd: started, pid 412", "stdout: one", "tailherd: asked to stop", "stderr: two", "stderr: three"],
    );
  });

  it("waits for the end of an unfinished line, and takes it when the writer is gone", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    spool.write("stdout", "half");
    await log.drain();
    assert.deepEqual(await log.lastLines(5), []);
    spool.write("stdout", " and half\nrest");
    await log.drain();
    assert.deepEqual(textsOf(await log.lastLines(5), "stdout"), ["half and half"]);
    await log.settle();
    assert.deepEqual(textsOf(await log.lastLines(5), "stdout"), ["half and half", "rest"]);
    assert.equal(statSync(log.stdoutFile).size, 0);
  });

  it("strips terminal codes, replaces invalid UTF-8, and finds structure when read", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    spool.write("stdout", Buffer.from([0x61, 0xff, 0x1b, 0x5b, 0x32, 0x4a, 0x0d, 0x0a]));
    spool.write("stdout", '{"level":"error","msg":"no","n":1}\n');
    await log.drain();
    const [plain, structured] = await log.lastLines(2);
    assert.equal(plain?.text, "a�");
    assert.deepEqual([structured?.level, structured?.message, structured?.fields], ["error", "no", { n: 1 }]);
  });

  it("keeps megabytes without a newline as pieces of 16 KiB, while they come", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    for (let part = 0; part < 30; part++) {
      spool.write("stdout", "é".repeat(50_000));
      await log.drain();
    }
    const lines = await log.lastLines(1000);
    assert.equal(lines.length, Math.floor(3_000_000 / 16_384));
    assert.ok(lines.every(({ text, cut }) => text === "é".repeat(8192) && cut === true));
  });

  it("goes on after somebody emptied or deleted the files", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    spool.write("stdout", "one\n");
    await log.drain();
    truncateSync(log.stdoutFile);
    await log.drain();
    spool.write("stdout", "two\n");
    await log.drain();
    await log.settle();
    rmSync(log.stdoutFile);
    await log.drain();
    spool.write("stdout", "three\n");
    await log.drain();
    assert.deepEqual(textsOf(await log.lastLines(5), "stdout"), ["one", "two", "three"]);
  });

  it("makes private directories and files", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    spool.write("stdout", "x\n");
    await log.drain();
    const segment = join(spool.logDir, readdirSync(spool.logDir)[0] ?? "");
    for (const file of [log.stdoutFile, log.stderrFile, segment]) assert.equal(statSync(file).mode & 0o777, 0o600);
    for (const dir of [spool.runDir, spool.logDir]) assert.equal(statSync(dir).mode & 0o777, 0o700);
  });

  it("remove() leaves nothing", async () => {
    using spool = new TempSpool();
    const log = await spool.open();
    spool.write("stdout", "x\n");
    await log.drain();
    await log.remove();
    assert.deepEqual([readdirSync(spool.runDir), readdirSync(spool.dir)], [[], ["run"]]);
  });

  it("refuses a cursor that is none", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    await assert.rejects(log.read({ limit: 1, after: "../etc" }), /is no cursor/);
  });
});

describe("pages of output", () => {
  it("are the same forward, backward, from memory, from disk and after opening again", async () => {
    using spool = new TempSpool();
    const log = await spool.open({ maxSize: 8 * MIB });
    for (let round = 0; round < 60; round++) {
      const line = (n: number): string => `${round}-${n} ${"x".repeat((n * 37) % 300)}\n`;
      spool.write(round % 3 === 0 ? "stderr" : "stdout", Array.from({ length: 250 }, (_, n) => line(n)).join(""));
      await log.drain();
    }
    const forward = await allLines(log, 777);
    assert.equal(forward.length, 15_000);
    const cursors = forward.map((line) => line.cursor);
    assert.deepEqual(cursors, cursors.toSorted());
    assert.equal(new Set(cursors).size, cursors.length);
    assert.deepEqual(await backward(log, 991), forward);
    await log.close();

    await using again = await spool.open();
    assert.deepEqual(await allLines(again, 10_000), forward);
    assert.deepEqual(await again.lastLines(30), forward.slice(-30));
    const middle = await again.read({ limit: 10, after: cursors[7000] ?? "", before: cursors[7005] ?? "" });
    assert.deepEqual(middle.lines, forward.slice(7001, 7005));
    const errors = await again.read({ limit: 400, stream: "stderr" });
    assert.deepEqual(errors.lines, forward.filter((line) => line.stream === "stderr").slice(-400));
    assert.deepEqual([errors.more_before, errors.more_after], [true, false]);
  });

  it("begin at `since`", async () => {
    using spool = new TempSpool();
    const clock = new FakeClock();
    await using log = await spool.open({ clock });
    spool.write("stdout", "old\n");
    await log.drain();
    clock.advance(60_000);
    const since = clock.now();
    spool.write("stdout", "new\n");
    await log.drain();
    const page = await log.read({ limit: 10, since });
    assert.deepEqual([textsOf(page.lines, "stdout"), page.more_before], [["new"], false]);
  });
});

describe("following output", () => {
  it("hears of a small write soon, by the kernel's word alone", async () => {
    using spool = new TempSpool();
    await using log = await spool.open({ clock: systemClock });
    const heard: LogLine[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using following = log.follow(undefined, (lines) => {
      heard.push(...lines);
      if (heard.length === 2) resolve();
    });
    void following;
    spool.write("stdout", "first\n");
    spool.write("stderr", "second\n");
    await promise;
    assert.deepEqual(heard.map((line) => line.text).sort(), ["first", "second"]);
  });

  it("hears of every line of a service that writes them one by one", async () => {
    using spool = new TempSpool();
    await using log = await spool.open({ clock: systemClock });
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using following = log.follow(undefined, (lines) => {
      heard.push(...lines.map((line) => line.text));
      if (heard.length === 3000) resolve();
    });
    void following;
    for (let line = 0; line < 3000; line++) {
      spool.write("stdout", `line ${line}\n`);
      if (line % 10 === 0) await new Promise((next) => setImmediate(next));
    }
    await promise;
    assert.equal(`${heard.join("\n")}\n`, numbered(0, 3000));
  });

  it("replays from a cursor, then goes on, without gap or double", async () => {
    using spool = new TempSpool();
    await using log = await spool.open({ clock: systemClock });
    spool.write("stdout", numbered(0, 5000));
    await log.drain();
    const [from] = (await log.read({ limit: 1, after: "00000000000" })).lines;
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using following = log.follow(from?.cursor, (lines) => {
      assert.ok(lines.length <= 1000);
      heard.push(...lines.map((line) => line.text));
      if (heard.at(-1) === "line 9999") resolve();
    });
    void following;
    spool.write("stdout", numbered(5000, 10_000));
    await promise;
    assert.equal(`${heard.join("\n")}\n`, numbered(2, 10_000));
  });
});

async function backward(log: OutputLog, limit: number): Promise<LogLine[]> {
  const pages: LogLine[][] = [];
  let page = await log.read({ limit });
  for (;;) {
    pages.unshift(page.lines);
    const before = page.lines[0]?.cursor;
    if (!page.more_before || before === undefined) return pages.flat();
    page = await log.read({ limit, before });
    assert.equal(page.more_after, true);
  }
}
