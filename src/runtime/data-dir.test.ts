import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { TailherdError } from "../contract/errors.ts";
import { needs } from "../../test/support/needs.ts";
import { openDataDir } from "./data-dir.ts";

const module = new URL("./data-dir.ts", import.meta.url).href;
const holder = `
  const { openDataDir } = await import(${JSON.stringify(module)});
  const held = openDataDir(process.argv[1]);
  console.log("held");
  setInterval(() => held, 1000);
`;

function refusedWith(words: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof TailherdError && error.code === "refused" && words.test(error.message);
}

describe("openDataDir()", () => {
  let parent: string;
  let dir: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "tailherd-data-"));
    dir = join(parent, "a", "b");
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it("makes the directory for its user only, and narrows one that others may read", () => {
    openDataDir(dir).release();
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    chmodSync(dir, 0o755);
    openDataDir(dir).release();
    assert.equal(statSync(dir).mode & 0o777, 0o700);
  });

  it("refuses a directory that others can write into, and says what to do", () => {
    mkdirSync(dir, { recursive: true });
    for (const mode of [0o777, 0o720, 0o1777]) {
      chmodSync(dir, mode);
      assert.throws(() => openDataDir(dir), refusedWith(/others can write into it .*chmod 700/));
    }
  });

  it("refuses a directory of another user", (test) => {
    if (!needs(test, process.getuid?.() === 0, "root, to give a directory away")) return;
    mkdirSync(dir, { recursive: true });
    chownSync(dir, 65_534, 65_534);
    assert.throws(() => openDataDir(dir), refusedWith(/belongs to uid 65534/));
  });

  it("says what the system said when there can be no directory", () => {
    writeFileSync(join(parent, "a"), "");
    assert.throws(() => openDataDir(dir), /Cannot use the data directory .*a\/b: .*(ENOTDIR|EEXIST)/);
  });

  it("is refused to a second user of the same process until released", () => {
    const held = openDataDir(dir);
    assert.throws(() => openDataDir(dir), refusedWith(new RegExp(`pid ${process.pid}, is running on it`)));
    held.release();
    held.release();
    using again = openDataDir(dir);
    assert.equal(again.path, dir);
  });

  it("is refused to a second process, naming the first, until that one is killed", async () => {
    const first = spawn(process.execPath, ["--input-type=module", "-e", holder, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(first.stdout, "data");
    assert.throws(() => openDataDir(dir), refusedWith(new RegExp(`pid ${first.pid}, is running on it`)));
    first.kill("SIGKILL");
    await once(first, "exit");
    assert.ok(existsSync(join(dir, "hub.pid")));
    using held = openDataDir(dir);
    assert.throws(() => openDataDir(dir), refusedWith(new RegExp(`pid ${process.pid},`)));
    assert.equal(held.path, dir);
  });

  it("is not held by children that outlive the holder", async () => {
    const code = `${holder}
      const { spawn } = await import("node:child_process");
      const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
      console.log("child", child.pid);`;
    const first = spawn(process.execPath, ["--input-type=module", "-e", code, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const chunk of first.stdout) {
      said += String(chunk);
      if (/child \d+\n/.test(said)) break;
    }
    first.kill("SIGKILL");
    if (first.exitCode === null && first.signalCode === null) await once(first, "exit");
    const child = Number(/child (\d+)/.exec(said)?.[1]);
    try {
      openDataDir(dir).release();
    } finally {
      process.kill(child, "SIGKILL");
    }
  });

  it("goes on over a damaged lock or pid file", () => {
    openDataDir(dir).release();
    writeFileSync(join(dir, "hub.lock"), "junk".repeat(2000));
    writeFileSync(join(dir, "hub.pid"), "junk");
    using held = openDataDir(dir);
    assert.throws(() => openDataDir(dir), refusedWith(/is running on it/));
    assert.equal(held.path, dir);
  });
});
