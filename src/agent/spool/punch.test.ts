import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SmallDisk } from "../../../test/support/small-disk.ts";
import { MIB } from "../../base/units.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { createPuncher } from "./punch.ts";

describe("the puncher", () => {
  it("frees what was read and leaves size and rest", async (t) => {
    using disk = SmallDisk.mount(8);
    if (disk === undefined) return t.skip("mounting a tmpfs needs root");
    const file = join(disk.dir, "out");
    writeFileSync(file, Buffer.alloc(4 * MIB, "x"));
    assert.equal(await createPuncher(silentLogger).punch(file, 3 * MIB), true);
    const { size, blocks } = statSync(file);
    assert.deepEqual([size, blocks * 512], [4 * MIB, MIB]);
  });

  it("says no where the file cannot have holes", async () => {
    assert.equal(await createPuncher(silentLogger).punch("/proc/self/comm", 4096), false);
  });

  it("throws what is no reason to give up for good", async () => {
    await assert.rejects(createPuncher(silentLogger).punch("/nowhere/out", 4096), /No such file/);
  });
});
