import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RunDirectory } from "./run-directory.ts";

function makeDirectory(): { directory: RunDirectory } & Disposable {
  const root = mkdtempSync(join(tmpdir(), "tailherd-test-"));
  const directory = new RunDirectory(root, "web-0");
  directory.make();
  return { directory, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

describe("order()", () => {
  test("tells that nobody hears it, whatever stands in the FIFO's place", () => {
    using made = makeDirectory();
    const { directory } = made;
    assert.equal(directory.order({ start: 1 }), false, "nothing");
    execFileSync("mkfifo", [directory.fifo]);
    assert.equal(directory.order({ start: 1 }), false, "a FIFO without a reader");
    rmSync(directory.fifo);
    writeFileSync(directory.fifo, "");
    assert.equal(directory.order({ start: 1 }), false, "a file");
    rmSync(directory.fifo);
    mkdirSync(directory.fifo);
    assert.equal(directory.order({ start: 1 }), false, "a directory");
  });

  test("is lost, not thrown, when the reader dies at any moment around it", async () => {
    using made = makeDirectory();
    const { directory } = made;
    execFileSync("mkfifo", [directory.fifo]);
    // Opens and closes without end, so that the writer is caught at each step between its open and its write.
    const reader = spawn("/bin/sh", ["-c", "trap 'exit 0' TERM; while :; do : 8<>ctl; done"], { cwd: directory.path });
    const until = performance.now() + 1000;
    let heard = 0;
    let unheard = 0;
    while (performance.now() < until) {
      if (directory.order({ start: 1 })) heard += 1;
      else unheard += 1;
    }
    reader.kill();
    await once(reader, "exit");
    assert.ok(heard > 0 && unheard > 0, `${heard} heard, ${unheard} not`);
  });
});
