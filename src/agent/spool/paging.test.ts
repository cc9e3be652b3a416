// What reading a page costs, in bytes read from disk.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { TempSpool, allLines, numbered } from "../../../test/support/spool.ts";
import { KIB, MIB } from "../../base/units.ts";
import type { OutputLog } from "./output-log.ts";
import { toCursor } from "./lines.ts";

const LINES = 1_000_000;
const PAGE = 100;
/** A page's own blocks, the way to them from a mark, and what a window reads beyond. */
const ENOUGH = MIB;

describe("a page of old output", { skip: !existsSync("/proc/self/io") && "needs /proc/self/io" }, () => {
  it("costs no more to read the further it is in a segment", async () => {
    using spool = new TempSpool();
    const first = await spool.open({ maxSize: 64 * MIB });
    for (let line = 0; line < LINES; line += 20_000) {
      spool.write("stdout", numbered(line, line + 20_000));
      await first.drain();
    }
    await first.close();
    await using log = await spool.open({ maxSize: 64 * MIB });
    // Whoever comes first after a restart of the agent walks the segments once.
    await allLines(log);
    for (const line of [10, 300_000, 599_900, 777_777, LINES - 2 * PAGE]) {
      const forward = await costOf(() => log.read({ limit: PAGE, after: toCursor(line) }));
      assert.equal(forward.page.lines[0]?.text, `line ${line + 1}`);
      assert.equal(forward.page.lines.length, PAGE);
      assert.ok(forward.bytes < ENOUGH, `forward from line ${line}: ${forward.bytes / KIB} KiB`);
      const backward = await costOf(() => log.read({ limit: PAGE, before: toCursor(line + PAGE) }));
      assert.equal(backward.page.lines.at(-1)?.text, `line ${line + PAGE - 1}`);
      assert.ok(backward.bytes < ENOUGH, `backward from line ${line + PAGE}: ${backward.bytes / KIB} KiB`);
    }
  });
});

async function costOf(read: () => ReturnType<OutputLog["read"]>): Promise<{
  page: Awaited<ReturnType<OutputLog["read"]>>;
  bytes: number;
}> {
  const before = bytesRead();
  const page = await read();
  return { page, bytes: bytesRead() - before };
}

/** Bytes that this process has read, by the kernel's count. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}
