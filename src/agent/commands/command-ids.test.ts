import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { HOUR } from "../../base/units.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { CommandIds } from "./command-ids.ts";

describe("ids of commands", () => {
  let directory: string;
  let clock: FakeClock;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "tailherd-ids-"));
    clock = new FakeClock();
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const open = (): Promise<CommandIds> => CommandIds.open(directory, clock, silentLogger);

  it("are on the disk when they are noted, without any close", async () => {
    const first = await open();
    await first.begin("a");
    await first.begin("b");
    await first.end("a");
    const second = await open();
    assert.deepEqual([second.has("a"), second.has("b"), second.unfinished], [true, true, ["b"]]);
    await second.close();
    await first.close();
  });

  it("are remembered for a day, and for longer while nobody knows the end", async () => {
    const first = await open();
    await first.begin("ended");
    await first.end("ended");
    await first.begin("open");
    await first.close();
    clock.advance(24 * HOUR - 1);
    const second = await open();
    assert.ok(second.has("ended"));
    await second.close();
    clock.advance(2);
    const third = await open();
    assert.deepEqual([third.has("ended"), third.has("open")], [false, true]);
    await third.close();
  });

  it("are not taken when they cannot be noted", async () => {
    const ids = await open();
    await ids.close();
    await assert.rejects(ids.begin("a"));
    assert.ok(!ids.has("a"));
  });

  it("are written anew before their file grows without end", async () => {
    const ids = await open();
    for (let at = 0; at < 2600; at += 1) {
      clock.advance(HOUR);
      const id = `id-${at}`;
      await ids.begin(id);
      await ids.end(id);
    }
    const lines = readFileSync(join(directory, "ids.jsonl"), "utf8")
      .split("\n")
      .filter((line) => line !== "");
    assert.ok(lines.length < 1000, `${lines.length} lines`);
    assert.deepEqual([ids.has("id-2599"), ids.has("id-0")], [true, false]);
    await ids.close();
  });
});
