// Remote commands at the agent: what runs, what is refused, what is left, and what is told after the agent was killed (P11).
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isPidTaken } from "../../src/agent/processes/process-table.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";

/** Waits until a file that a command writes is there. */
async function untilWritten(path: string): Promise<string> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    if (text.endsWith("\n")) return text;
    if (Date.now() > deadline) throw new Error(`${path} was not written`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (isPidTaken(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const sh = (script: string, ...args: string[]): string[] => ["/bin/sh", "-c", script, "sh", ...args];

async function open(allowRun = true): Promise<TestAgent> {
  return await openTestAgent({ allowRun });
}

describe("a remote command", { timeout: 60_000 }, () => {
  it("runs argv without a shell, in a clean environment, and tells output and exit code", async () => {
    await using agent = await open();
    process.env.TAILHERD_SECRET_OF_THE_TEST = "x";
    const argv = ["/usr/bin/env", "printf", "%s|", "$HOME", "a b", "*"];
    assert.deepEqual(await agent.command("a", { argv }), { accepted: true, message: "It is begun" });
    const { outcome, exit_code, output, output_dropped } = await agent.resultOf("a");
    assert.deepEqual([outcome, exit_code, output, output_dropped], ["done", 0, "$HOME|a b|*|", 0]);
    assert.equal(agent.commandOutput.map(({ text }) => text).join(""), output);
    await agent.command("b", { argv: sh("env; echo wrong >&2; exit 3") });
    const second = await agent.resultOf("b");
    delete process.env.TAILHERD_SECRET_OF_THE_TEST;
    assert.deepEqual([second.outcome, second.exit_code, second.message], ["done", 3, "exit 3"]);
    assert.match(second.output, /wrong/);
    assert.ok(!second.output.includes("SECRET_OF_THE_TEST"));
    await agent.command("c", { argv: ["/no/such/program"] });
    const third = await agent.resultOf("c");
    assert.deepEqual([third.outcome, third.exit_code], ["failed", null]);
    assert.match(third.message, /no such file/);
  });

  it("runs once however often and however quickly it is sent", async () => {
    await using agent = await open();
    const file = join(agent.dataDir, "runs");
    const argv = sh('echo ran >>"$1"', file);
    const answers = await Promise.all([1, 2, 3].map(() => agent.command("once", { argv })));
    await agent.resultOf("once");
    answers.push(await agent.command("once", { argv }), await agent.command("once", { argv, expires_in: 0 }));
    assert.ok(answers.every(({ accepted }) => accepted));
    assert.equal(readFileSync(file, "utf8"), "ran\n");
  });

  it("is refused with words when it comes too late, or where it may not", async () => {
    await using agent = await open(false);
    const refused = await agent.command("a", { argv: ["/bin/true"] });
    assert.deepEqual([refused.accepted, /--allow-run/.test(refused.message)], [false, true]);
    const late = await agent.command("b", { action: "ping", expires_in: 0 });
    assert.deepEqual(late, { accepted: false, message: "It was not begun: it came too late" });
    assert.equal((await agent.command("c", { action: "ping" })).accepted, true);
    assert.equal((await agent.resultOf("c")).message, "pong");
    assert.deepEqual(
      agent.results.map(({ id }) => id),
      ["c"],
    );
  });

  it("ends with all it started when its time is over, or it is cancelled", async () => {
    await using agent = await open();
    const script = 'setsid sleep 1000 & sleep 1000 & echo $! >"$1"; trap "" TERM; wait';
    for (const [id, timeout] of [
      ["slow", 0.5],
      ["cancelled", 1000],
    ] as const) {
      const file = join(agent.dataDir, id);
      await agent.command(id, { argv: sh(script, file), timeout });
      const pid = Number(await untilWritten(file));
      if (id === "cancelled") await agent.call("cancel_command", { id });
      const { outcome, message, signal } = await agent.resultOf(id);
      assert.deepEqual([outcome, signal], ["failed", "SIGKILL"]);
      assert.match(message, id === "slow" ? /took longer than 0.5 s/ : /cancelled/);
      await untilGone(pid);
    }
  });

  it("keeps the end of what it prints, harmless, and says how much there was before", async () => {
    await using agent = await open();
    await agent.command("coloured", { argv: ["printf", "\\033]0;title\\007\\033[31mred\\033[0m\\r\\n\\303"] });
    assert.equal((await agent.resultOf("coloured")).output, "\u001B[31mred\u001B[0m\n\uFFFD");
    await agent.command("loud", { argv: sh("yes 0123456789 | head -c 3000000; echo; echo last") });
    const { output, output_dropped } = await agent.resultOf("loud");
    assert.ok(output.endsWith("last\n"));
    assert.equal(output.length, 131_072);
    assert.equal(output.length + output_dropped, 3_000_000 + "\nlast\n".length);
    assert.ok(agent.commandOutput.every(({ text }) => text.length <= 65_536));
  });

  it("acts on a service through the supervisor", async () => {
    await using agent = await open(false);
    await agent.set({ name: "web", start_cmd: "exec sleep 1000", working_dir: "/" });
    await agent.command("up", { action: "start_service", service_name: "web" });
    assert.equal((await agent.resultOf("up")).outcome, "done");
    assert.equal((await agent.instance("web")).state, "running");
    await agent.command("down", { action: "stop_service", service_name: "web" });
    assert.equal((await agent.resultOf("down")).outcome, "done");
    assert.equal((await agent.instance("web")).state, "stopped");
    await agent.command("other", { action: "start_service", service_name: "nothing" });
    assert.deepEqual((await agent.resultOf("other")).outcome, "failed");
  });

  it("P11: is told as unknown and never run again when the agent was killed over it, and what is left of it is ended", async () => {
    const dataDir = await makeDataDir();
    const file = join(dataDir, "pid");
    const argv = sh('echo $$ >>"$1"; sleep 1000', file);
    const first = await forkTestAgent(dataDir);
    await first.command("killed", { argv });
    await first.command("ended", { argv: ["/bin/true"] });
    await first.resultOf("ended");
    const pid = Number(await untilWritten(file));
    await first.crash();
    await using second = await forkTestAgent(dataDir);
    const { outcome, exit_code } = await second.resultOf("killed");
    assert.deepEqual([outcome, exit_code], ["unknown", null]);
    await untilGone(pid);
    assert.equal((await second.command("killed", { argv })).accepted, true);
    assert.equal(readFileSync(file, "utf8"), `${pid}\n`);
  });

  it("has ids that can be read after some of them were damaged", async () => {
    const dataDir = await makeDataDir();
    const ids = join(dataDir, "agent/commands/ids.jsonl");
    {
      const agent = await forkTestAgent(dataDir);
      await agent.command("a", { argv: ["/bin/true"] });
      await agent.resultOf("a");
      await agent.crash();
    }
    writeFileSync(ids, `\0\0\0\n${readFileSync(ids, "utf8")}{"id":"tor`);
    await using agent = await openTestAgent({ dataDir, allowRun: true });
    const argv = sh('echo ran >"$1"', join(dataDir, "again"));
    await agent.command("a", { argv });
    await agent.command("b", { argv: ["/bin/true"] });
    await agent.resultOf("b");
    assert.ok(!existsSync(join(dataDir, "again")));
  });
});
