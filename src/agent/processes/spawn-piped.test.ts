import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { spawnPiped } from "./spawn-piped.ts";

describe("spawnPiped()", () => {
  it("runs a program whose output can be read", async () => {
    const child = spawnPiped("/bin/sh", ["-c", "echo out; echo err >&2"], { env: {} });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (bytes: Buffer) => (said.stdout += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (said.stderr += bytes.toString()));
    await once(child, "close");
    assert.deepEqual(said, { stdout: "out\n", stderr: "err\n" });
  });

  it("tells of a program that is not there by its event, as spawn() does", async () => {
    const child = spawnPiped("/no/such/program", [], {});
    const [error] = (await once(child, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ENOENT");
  });

  it("throws without descriptors, and does not end the process that asked", () => {
    const file = JSON.stringify(join(import.meta.dirname, "spawn-piped.ts"));
    const script = `
      import { openSync } from "node:fs";
      import { spawnPiped } from ${file};
      try { for (;;) openSync("/dev/null", "r"); } catch {}
      try { spawnPiped("/bin/true", [], {}); } catch (error) { process.stdout.write(error.code + " " + error.errno); }
      setTimeout(() => process.stdout.write(", and goes on"), 50);
    `;
    const shell = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
    const { stdout, stderr } = spawnSync("/bin/sh", ["-c", shell, process.execPath, script], { encoding: "utf8" });
    assert.equal(stdout, "EMFILE -24, and goes on", stderr);
  });
});
