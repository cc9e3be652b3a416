import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { silentLogger } from "../../runtime/logger.ts";
import { removeLeftovers, unsentBackup } from "./leftovers.ts";

const dir = mkdtempSync(join(tmpdir(), "tailherd-leftovers-"));
after(() => rmSync(dir, { recursive: true }));

describe("removeLeftovers()", () => {
  it("removes what a killed hub was writing, and nothing that only looks like it", () => {
    const unsent = unsentBackup(dir, crypto.randomUUID());
    const gone = [
      unsent,
      `${unsent}-journal`,
      ...["good.new", "good.new-journal", "restoring"].map((end) => join(dir, `hub.db.${end}`)),
    ];
    const kept = [
      "hub.db",
      "hub.db-wal",
      "hub.db.good",
      "hub.db.damaged-20261126T000000Z",
      "backup-2026.tmp",
      "my backup.tmp",
      `${crypto.randomUUID()}.tmp`,
    ];
    for (const path of [...gone, ...kept.map((name) => join(dir, name))]) writeFileSync(path, "x");
    mkdirSync(unsentBackup(dir, crypto.randomUUID()));
    symlinkSync(join(dir, "hub.db"), unsentBackup(dir, crypto.randomUUID()));
    const before = readdirSync(dir).length;

    removeLeftovers(dir, silentLogger);
    const left = readdirSync(dir);
    for (const name of kept) assert.ok(left.includes(name), name);
    assert.equal(left.length, before - gone.length);
  });
});
