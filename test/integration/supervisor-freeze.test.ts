import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { MIB } from "../../src/base/units.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";

/** About 12 MB, some of it in pieces of lines, then a word that it is done. */
const LINES = 300_000;
const FLOOD = `awk 'BEGIN { for (i = 0; i < ${LINES}; i++) { printf "line %d ", i; printf "abcdefghijklmnopqrstuvwxyz\\n" } print "done" }'; exec sleep 3600`;

async function runDirectory(agent: TestAgent, service: string): Promise<string> {
  const run = join(agent.dataDir, "agent/run");
  return join(run, (await readdir(run)).find((name) => name.startsWith(`${service}-`)) ?? "");
}

for (const without of ["", "1"]) {
  const how = without === "" ? "a frozen cgroup" : "stopped processes";

  test(`where holes cannot be punched, output files are emptied under ${how}, and no line is lost or cut`, async () => {
    process.env.TAILHERD_NO_CGROUPS = without;
    await using agent = await openTestAgent({ puncher: null });
    process.env.TAILHERD_NO_CGROUPS = "";
    await agent.set({ name: "flood", start_cmd: FLOOD, logs: { max_size: "64M" } });
    await agent.act("flood", "start");
    const lines: string[] = [];
    for (let after = "00000000000"; lines.at(-1) !== "done";) {
      const page = await agent.call("read_output", { service: "flood", index: 0, limit: 10_000, after });
      for (const { stream, text } of page.lines) if (stream === "stdout") lines.push(text);
      after = page.lines.at(-1)?.cursor ?? after;
      if (page.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Cursors count from zero: what lies behind the first one lacks the first line.
    const first = lines[0] === "line 0 abcdefghijklmnopqrstuvwxyz" ? 0 : 1;
    assert.equal(lines.length, LINES - first + 1);
    for (const [at, text] of lines.slice(0, -1).entries())
      if (text !== `line ${at + first} abcdefghijklmnopqrstuvwxyz`) assert.fail(`line ${at + first} is "${text}"`);
    const file = join(await runDirectory(agent, "flood"), "output/stdout");
    assert.ok(statSync(file).size < 10 * MIB, `${statSync(file).size} bytes are left`);
    assert.equal((await agent.instance("flood")).state, "running");
  });
}

test("what an agent froze that was killed then is let go by the next one", async () => {
  const dataDir = await makeDataDir();
  let agent = await forkTestAgent(dataDir, { TAILHERD_NO_CGROUPS: "" });
  const counter = join(dataDir, "counter");
  await agent.set({ name: "ticks", start_cmd: `while :; do echo x >>${counter}; sleep 0.02; done` });
  await agent.act("ticks", "start");
  const { pid } = await agent.instance("ticks");
  await agent.crash();
  const path = /^0::(.*)$/m.exec(await readFile(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? "";
  const mount = /^\S+ (\S+) cgroup2 /m.exec(await readFile("/proc/self/mounts", "utf8"))?.[1];
  const inCgroup = mount !== undefined && path.includes("tailherd");
  if (inCgroup) await writeFile(join(mount, path, "cgroup.freeze"), "1");
  else process.kill(pid ?? 0, "SIGSTOP");
  agent = await forkTestAgent(dataDir);
  const frozenAt = statSync(counter).size;
  const deadline = Date.now() + 10_000;
  while (statSync(counter).size <= frozenAt + 4) {
    assert.ok(Date.now() < deadline, "it goes on");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await agent.instance("ticks")).pid, pid);
  await agent[Symbol.asyncDispose]();
});
