// A run happens at most once, whenever the agent is killed: agents of their own, killed around runs that append one line each.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type AgentRun, type AgentTask, taskSpecSchema } from "../../src/contract/task.ts";
import { forkTestAgent, makeDataDir } from "../support/agent.ts";

const ROUNDS = 3;
const RUNS = 12;

describe("an agent that is killed", { timeout: 120_000 }, () => {
  it("has run each at most once, and what it says is done is done", async () => {
    const dataDir = await makeDataDir();
    const file = join(dataDir, "lines");
    writeFileSync(file, "");
    const lines = (): string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
    const taskOf = (name: string): AgentTask => {
      const command = ["/bin/sh", "-c", `echo ${name} >> ${file}`];
      const spec = taskSpecSchema.parse({ name, cron_expression: "@yearly", action: "command", command });
      return { ...spec, timezone: "UTC", revision: 1 };
    };
    const accepted: string[] = [];
    const ends: AgentRun[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const agent = await forkTestAgent(dataDir);
      const asking = Array.from({ length: RUNS }, async (_, at) => {
        const id = `r${round}-${at}`;
        await agent.call("set_task", { task: taskOf(id) });
        const { accepted: begun } = await agent.call("run_task", { task: id, id, by: "test" });
        if (begun) accepted.push(id);
      });
      // Each round at another moment: while some are set, noted, begun, ended.
      const enough = Math.round((round * RUNS) / (ROUNDS - 1));
      while (agent.runs.filter(({ ended_at }) => ended_at !== null).length < enough) await agent.noticed(1000);
      await agent.crash();
      ends.push(...agent.runs.filter(({ ended_at }) => ended_at !== null));
      await Promise.race([Promise.allSettled(asking), new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    const last = await forkTestAgent(dataDir);
    try {
      const counts = new Map<string, number>();
      for (const line of lines()) counts.set(line, (counts.get(line) ?? 0) + 1);
      for (const [line, count] of counts) assert.equal(count, 1, `${line} ran ${count} times`);
      for (const { id, outcome } of ends) if (outcome === "done") assert.equal(counts.get(id), 1, `${id} is done`);
      assert.ok(ends.every(({ outcome }) => outcome === "done" || outcome === "unknown" || outcome === "failed"));
      // Asked for again, none begins again.
      for (const id of accepted) {
        assert.deepEqual(await last.call("run_task", { task: id, id, by: "test" }), {
          accepted: true,
          message: "It was begun before",
        });
      }
    } finally {
      await last[Symbol.asyncDispose]();
    }
  });
});
