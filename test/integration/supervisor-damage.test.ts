// P8: each file that an agent keeps, damaged in each way: it is up in time, what runs goes on, and nothing runs twice.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { type ForkedAgent, forkTestAgent, makeDataDir } from "../support/agent.ts";
import { pidsWith } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

const UP_WITHIN = 15_000;

const DAMAGES: Record<string, (bytes: Buffer) => Buffer> = {
  emptied: () => Buffer.alloc(0),
  halved: (bytes) => bytes.subarray(0, bytes.length / 2),
  "overwritten with junk": (bytes) => Buffer.alloc(Math.max(64, bytes.length), "{]\u0000x"),
};

/** In the agent's directory; of an instance's run directory below RUN. */
const FILES = [
  "server.json",
  "desired.json",
  "RUN/launch",
  "RUN/state-0.json",
  "RUN/state-1.json",
  "RUN/told/pid",
  "RUN/told/exit",
  "RUN/told/reason",
  "RUN/told/words",
  "RUN/output/output-position",
  "RUN/output/stdout",
  "SEGMENT",
];

async function pathOf(agentDir: string, file: string): Promise<string> {
  const run = join(agentDir, "run");
  const key = (await readdir(run)).find((name) => name.startsWith("kept-")) ?? "";
  if (file !== "SEGMENT") return join(agentDir, file.replace("RUN", `run/${key}`));
  const kept = join(agentDir, "output", key);
  return join(kept, (await readdir(kept)).find((name) => name.endsWith(".seg")) ?? "");
}

/** Damages one file while no agent runs, and checks what the next one makes of it. */
async function damageOne(agent: ForkedAgent, file: string, how: string, word: string): Promise<ForkedAgent> {
  const what = `${file} ${how}`;
  const before = pidsWith(word);
  assert.equal(before.length, 1, `one runs before ${what}`);
  await agent.crash();
  const path = await pathOf(join(agent.dataDir, "agent"), file);
  assert.ok(existsSync(path), what);
  const damage = DAMAGES[how] ?? ((bytes: Buffer) => bytes);
  // In place, as a disk does it: whoever has the file open goes on with the same one.
  const damaged = damage(await readFile(path));
  await writeFile(path, damaged, { flag: "r+" });
  await truncate(path, damaged.length);
  const began = performance.now();
  const next = await forkTestAgent(agent.dataDir);
  const status = await next.until("kept", ({ state, pid }) => state === "running" && pid !== null);
  assert.ok(performance.now() - began < UP_WITHIN, `up in time with ${what}`);
  assert.equal(status.pid, before[0], `the same one runs with ${what}`);
  assert.deepEqual(pidsWith(word), before, `none beside it with ${what}`);
  return next;
}

for (const how of Object.keys(DAMAGES)) {
  test(
    `P8: any one file of the agent ${how} costs no service, and doubles none`,
    repeat(times(1, 5), async () => {
      const word = `${6000 + Math.random()}`;
      let agent = await forkTestAgent(await makeDataDir());
      await agent.set({ name: "kept", start_cmd: `echo up; exec sleep ${word}` });
      assert.equal((await agent.act("kept", "start")).outcome, "done");
      // Two generations, so that both state files and `told/exit` hold something.
      process.kill((await agent.instance("kept")).pid ?? 0, "SIGKILL");
      await agent.until("kept", ({ state, generation, last_exit }) => {
        return state === "running" && generation === 2 && last_exit !== null;
      });
      for (const file of FILES) agent = await damageOne(agent, file, how, word);
      // It still obeys, and what it ends with is known.
      assert.equal((await agent.act("kept", "restart")).outcome, "done");
      assert.equal(pidsWith(word).length, 1);
      assert.equal((await agent.act("kept", "stop")).outcome, "done");
      assert.deepEqual(pidsWith(word), []);
      await agent[Symbol.asyncDispose]();
    }),
  );
}
