// `tailherd top` on a real terminal (a pty) and off one.
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SECOND } from "../../src/base/units.ts";
import { runCli, startUp, type RunningUp } from "../support/cli.ts";
import { needs } from "../support/needs.ts";
import { endChild } from "../support/processes.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const hasPty = spawnSync("script", ["--version"]).status === 0;

/** A command on a terminal of its own; what it drew is kept. */
class OnTerminal implements AsyncDisposable {
  readonly child: ChildProcess;
  text = "";
  private wake: (() => void)[] = [];

  constructor(up: RunningUp, args: string) {
    // `script` gives it a pty, and hands on what is typed.
    this.child = spawn(
      "script",
      ["-qec", `stty rows 30 cols 120; "${process.execPath}" "${MAIN}" ${args}`, "/dev/null"],
      {
        env: { ...process.env, TERM: "xterm", LANG: "C.UTF-8", TAILHERD_DATA_DIR: up.dataDir },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.text += chunk;
      for (const wake of this.wake.splice(0)) wake();
    });
  }

  /** Resolves when what is drawn from now on holds this. */
  async draws(pattern: RegExp): Promise<void> {
    this.text = "";
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  type(key: string): void {
    this.child.stdin?.write(key);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endChild(this.child, "SIGKILL");
  }
}

describe("tailherd top", () => {
  it("follows changes, sorts by key, outlives the hub, and ends with q", { timeout: 60 * SECOND }, async (test) => {
    if (!needs(test, hasPty, "script(1), to make a terminal")) return;
    await using up = await startUp(["--no-auth"]);
    for (const name of ["beta", "alpha"]) {
      assert.equal((await runCli(["add", name, "--start", "--", "sleep", "86398"], up)).code, 0);
    }
    await using top = new OnTerminal(up, "top --interval 50ms --sort state");
    await top.draws(/2 of 2 running[^]*sorted by state/);
    const stopped = top.draws(/1 of 2 running[^]*alpha[^]*stopped/);
    assert.equal((await runCli(["stop", "alpha"], up)).code, 0);
    await stopped;
    const sorted = top.draws(/alpha[^]*beta[^]*sorted by name/);
    top.type("n");
    await sorted;
    const gone = top.draws(/1 of 1 running/);
    assert.equal((await runCli(["rm", "alpha", "--yes"], up)).code, 0);
    await gone;
    const lost = top.draws(/Lost the hub[^]*trying again[^]*beta/);
    up.cli.child.kill("SIGKILL");
    await lost;
    const back = top.draws(/1 of 1 running[^]*beta/);
    await up.restart("SIGKILL");
    await back;
    const exited = once(top.child, "exit");
    const left = top.draws(/\[\?1049l/);
    top.type("q");
    await left;
    assert.equal((await exited)[0], 0);
  });

  it("prints one table off a terminal, in the order that was asked for, and ends", async () => {
    await using up = await startUp(["--no-auth"]);
    for (const name of ["beta", "alpha"]) await runCli(["add", name, "--", "sleep", "86398"], up);
    const { code, stdout } = await runCli(["top", "--sort", "name"], up);
    assert.equal(code, 0);
    assert.match(stdout, /^0 of 2 running \| cpu [^]*\n\nNAME[^]*alpha[^]*beta/);
    assert.ok(!stdout.includes("\u001B"));
    const json = JSON.parse((await runCli(["top", "--json"], up)).stdout) as { services: unknown[] };
    assert.equal(json.services.length, 2);
    assert.equal((await runCli(["top", "--sort", "luck"], up)).code, 2);
  });

  it("says in words that there is no hub", async () => {
    assert.equal((await runCli(["top"], { dataDir: "/nonexistent" })).code, 6);
  });
});
