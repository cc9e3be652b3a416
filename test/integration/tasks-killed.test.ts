// A run happens at most once, whenever the agent is killed: agents of their own, killed around runs that append one line each.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DAY } from "../../src/base/units.ts";
import { type AgentRun, type AgentTask, taskSpecSchema } from "../../src/contract/task.ts";
import { forkTestAgent, makeDataDir, type TestAgent } from "../support/agent.ts";

function isOver({ outcome }: AgentRun): boolean {
  return outcome === "done" || outcome === "failed";
}

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

  it("has run each missed time at most once, and still runs those whose turn had not come", async () => {
    const dataDir = await makeDataDir();
    const file = join(dataDir, "lines");
    writeFileSync(file, "");
    const lines = (): string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);
    const command = ["/bin/sh", "-c", `echo ran >> ${file}`];
    const spec = taskSpecSchema.parse({ name: "t", cron_expression: "@daily", action: "command", command });
    const today = Math.floor(Date.now() / DAY) * DAY;
    const dues = Array.from({ length: RUNS }, (_, at) => new Date(today - (RUNS - at) * DAY).toISOString());
    const ask = async (agent: TestAgent, due_at: string): Promise<string | undefined> => {
      const { message } = await agent.call("run_task", { task: "t", id: `for ${due_at}`, by: "test", due_at });
      return message === "It is begun" ? due_at : undefined;
    };
    const ends: AgentRun[] = [];
    for (const enough of [0, RUNS / 3]) {
      const agent = await forkTestAgent(dataDir);
      await agent.call("set_task", { task: { ...spec, timezone: "UTC", revision: 1 } });
      const asking = Promise.allSettled(dues.map((due) => ask(agent, due)));
      const over = (): AgentRun[] => agent.runs.filter(isOver);
      while (over().length < enough) await agent.noticed(1000);
      await agent.crash();
      ends.push(...over());
      await Promise.race([asking, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
    const last = await forkTestAgent(dataDir);
    try {
      const begun = new Set((await Promise.all(dues.map((due) => ask(last, due)))).filter((due) => due !== undefined));
      const over = (): AgentRun[] => last.runs.filter((run) => begun.has(run.due_at) && isOver(run));
      while (over().length < begun.size) await last.noticed(1000);
      ends.push(...over());
      assert.ok(begun.size > 0, "some had not had their turn");
      const done = new Set(ends.map(({ due_at }) => due_at));
      // What is told of an end may be lost with the agent; what is in doubt is at most one for each time that it was killed.
      const ran = lines().length;
      assert.ok(ran >= done.size && ran <= dues.length, `${ran} ran of ${dues.length}, ${done.size} are known`);
      assert.ok(ran >= dues.length - 2, `${ran} of ${dues.length} ran`);
      assert.ok((await Promise.all(dues.map((due) => ask(last, due)))).every((due) => due === undefined));
    } finally {
      await last[Symbol.asyncDispose]();
    }
  });
});
