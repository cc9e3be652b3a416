// P12: cron fires once per due time, under a clock that tests set: changes by an hour and by days, sleep, restarts, edits.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import { type AgentRun, type AgentTask, taskSpecSchema } from "../../contract/task.ts";
import { dueRunId } from "../../runtime/run-id.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { FakeProcessTable } from "../processes/fake-process-table.ts";
import { Pace } from "../supervisor/pace.ts";
import { RunNotes } from "./run-notes.ts";
import { Runs } from "./runs.ts";
import { Scheduler } from "./scheduler.ts";
import { TaskStore } from "./task-store.ts";

const NOON = Date.UTC(2026, 5, 1, 12);

function taskOf(change: Partial<AgentTask> = {}): AgentTask {
  const spec = taskSpecSchema.parse({
    name: "t",
    cron_expression: "*/10 * * * *",
    action: "restart",
    service_name: "s",
  });
  return { ...spec, timezone: "UTC", revision: 1, ...change };
}

/** An agent's scheduler over files of its own, with a service that only counts. */
class Bench {
  readonly clock = new FakeClock(NOON);
  readonly told: AgentRun[] = [];
  readonly acts: string[] = [];
  /** Answers acts instead of a success. */
  onAct: (() => Promise<ActResult>) | undefined;
  refusal: string | undefined;
  /** Answers whether the hub is still to hear of a run. */
  untold: boolean | undefined = false;
  readonly dir = mkdtempSync(join(tmpdir(), "tailherd-scheduler-"));
  private parts: { tasks: TaskStore; notes: RunNotes; runs: Runs; scheduler: Scheduler } | undefined;

  async start(): Promise<void> {
    const { clock } = this;
    const tasks = new TaskStore({ agentDir: this.dir, clock, logger: silentLogger });
    await tasks.open();
    const notes = await RunNotes.open(join(this.dir, "scheduler"), clock, silentLogger);
    const runs = new Runs({
      notes,
      clock,
      serverId: "server",
      table: new FakeProcessTable(),
      logger: silentLogger,
      random: () => 0.5,
      pace: new Pace(10),
      tell: (notice) => void (notice.notice === "run" && this.told.push(notice.data)),
      refusal: () => this.refusal,
      untold: () => this.untold,
      act: async (service, action) => {
        this.acts.push(`${action} ${service}`);
        return (await this.onAct?.()) ?? { outcome: "done", message: "done", count: 1 };
      },
    });
    const scheduler = new Scheduler({ tasks, notes, runs, clock, logger: silentLogger });
    this.parts = { tasks, notes, runs, scheduler };
    void runs.tellUnfinished();
    scheduler.start();
    await this.settle();
  }

  /** Dies without a word: nothing is told or noted any more. */
  async die(): Promise<void> {
    this.parts?.scheduler.close();
    await this.parts?.notes.close();
    await this.parts?.tasks.close();
    this.parts = undefined;
  }

  async set(task: AgentTask): Promise<void> {
    await this.parts?.tasks.put(task);
    this.parts?.scheduler.changed();
  }

  async run(id: string): Promise<{ accepted: boolean; message: string } | undefined> {
    return await this.parts?.scheduler.runNow("t", id, "tester");
  }

  /** Asks for a time of this day that was missed. */
  async runMissed(time: string): Promise<string | undefined> {
    const due = Date.parse(`2026-06-01T${time}:00Z`);
    const answer = await this.parts?.scheduler.runMissed("t", { id: dueRunId("t", due, "server"), by: "tester", due });
    return answer?.message;
  }

  /** Time goes on, in steps small enough for every timer. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 15 * SECOND) {
      this.clock.advance(Math.min(left, 15 * SECOND));
      await this.settle();
    }
  }

  /** What was begun is on the disk, carried out and told. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) {
      await new Promise((resolve) => void setImmediate(resolve));
      await this.parts?.notes.settled();
    }
  }

  /** How each ended, "12:10 done". */
  get ends(): string[] {
    return this.told.flatMap(({ due_at, outcome, ended_at, trigger, missed }) => {
      if (ended_at === null) return [];
      const time = `${due_at.slice(8, 10) === "01" ? "" : `${due_at.slice(8, 10)}. `}${due_at.slice(11, 16)}`;
      return [`${time} ${trigger === "catch_up" ? "caught up" : outcome}${missed > 1 ? ` ${missed}` : ""}`];
    });
  }

  async close(): Promise<void> {
    await this.die();
    rmSync(this.dir, { recursive: true });
  }
}

describe("the scheduler", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => bench.close());

  it("fires each due time once, when it is due, and tells begin and end", async () => {
    await bench.set(taskOf());
    await bench.pass(30 * MINUTE);
    assert.deepEqual(bench.ends, ["12:10 done", "12:20 done", "12:30 done"]);
    const [begin, end] = bench.told;
    assert.deepEqual([begin?.outcome, begin?.started_at, end?.id], ["running", "2026-06-01T12:10:00.000Z", begin?.id]);
    assert.equal(new Set(bench.told.map(({ id }) => id)).size, 3);
  });

  it("follows a clock that is set forward by an hour: a fixed time that it skips runs once, a wild one not", async () => {
    await bench.set(taskOf({ name: "wild" }));
    await bench.set(taskOf({ name: "fixed", cron_expression: "5,15 12 * * *" }));
    bench.clock.set(HOUR);
    await bench.pass(15 * SECOND);
    const fixed = bench.told.filter(({ task, ended_at }) => task === "fixed" && ended_at !== null);
    assert.deepEqual(
      fixed.map(({ due_at, outcome, missed }) => [due_at.slice(11, 16), outcome, missed]),
      [
        ["12:05", "skipped", 1],
        ["12:15", "done", 1],
      ],
    );
    const wild = bench.told.filter(({ task, ended_at }) => task === "wild" && ended_at !== null);
    assert.deepEqual(
      wild.map(({ due_at, outcome, missed }) => [due_at.slice(11, 16), outcome, missed]),
      [
        ["12:50", "skipped", 5],
        ["13:00", "done", 1],
      ],
    );
  });

  it("follows a clock that is set back by an hour: a fixed time does not come again, a wild one does, as another run", async () => {
    await bench.set(taskOf({ name: "wild", cron_expression: "*/30 * * * *" }));
    await bench.set(taskOf({ name: "fixed", cron_expression: "30 12 * * *" }));
    await bench.pass(45 * MINUTE);
    bench.clock.set(-HOUR);
    await bench.pass(HOUR);
    const of = (name: string): string[] =>
      bench.told.flatMap(({ task, outcome, id }) => (task === name && outcome === "done" ? [id] : []));
    assert.equal(of("fixed").length, 1);
    assert.equal(of("wild").length, 3);
    assert.equal(new Set(of("wild")).size, 3);
  });

  it("takes a jump of a day for a correction: the catch-up policy decides", async () => {
    await bench.set(taskOf({ cron_expression: "30 12 * * *" }));
    bench.clock.set(DAY + HOUR);
    await bench.pass(15 * SECOND);
    assert.deepEqual(bench.ends, ["12:30 skipped", "02. 12:30 caught up"]);
    assert.match(bench.told[0]?.reason ?? "", /corrected by more than 3 h/);
  });

  it("takes the sleep of a machine for a clock that was set forward", async () => {
    await bench.set(taskOf({ cron_expression: "30 12 * * *" }));
    bench.clock.set(2 * HOUR);
    await bench.pass(15 * SECOND);
    assert.deepEqual(bench.ends, ["12:30 done"]);
  });

  it("catches up with what was missed while it was off, as the task says", async () => {
    for (const catch_up of ["none", "last", "all"] as const) await bench.set(taskOf({ name: catch_up, catch_up }));
    await bench.set(taskOf({ name: "moment", catch_up: "none", cron_expression: "5 15 * * *" }));
    await bench.set(taskOf({ name: "long ago", cron_expression: "30 12 * * *" }));
    await bench.die();
    bench.clock.advance(3 * HOUR + 5 * MINUTE);
    await bench.start();
    await bench.pass(3 * MINUTE);
    const count = (name: string, outcome: string): number =>
      bench.told.reduce((sum, run) => sum + (run.task === name && run.outcome === outcome ? run.missed : 0), 0);
    assert.deepEqual([count("none", "done"), count("none", "skipped")], [0, 18]);
    assert.deepEqual([count("last", "done"), count("last", "skipped")], [1, 17]);
    assert.deepEqual([count("all", "done"), count("all", "skipped")], [10, 8]);
    assert.deepEqual([count("long ago", "done"), count("long ago", "skipped")], [0, 1]);
    // Not even what was due a moment before the start.
    assert.deepEqual([count("moment", "done"), count("moment", "skipped")], [0, 1]);
    const before = bench.told.length;
    await bench.die();
    await bench.start();
    assert.equal(bench.told.length, before);
  });

  it("begins nothing twice when the agent is killed, and tells what was running as unknown", async () => {
    bench.onAct = () => new Promise(() => undefined);
    await bench.set(taskOf());
    await bench.pass(10 * MINUTE);
    assert.deepEqual(bench.acts, ["restart s"]);
    await bench.die();
    await bench.start();
    await bench.pass(MINUTE);
    assert.deepEqual(bench.acts, ["restart s"]);
    assert.deepEqual(bench.ends, ["12:10 unknown"]);
  });

  it("never replays the past when a task is new, changed, or enabled", async () => {
    await bench.set(taskOf({ enabled: false }));
    await bench.pass(25 * MINUTE);
    await bench.set(taskOf({ revision: 2 }));
    await bench.pass(MINUTE);
    assert.deepEqual(bench.ends, []);
    await bench.pass(5 * MINUTE);
    assert.deepEqual(bench.ends, ["12:30 done"]);
    // Told again as it is, it goes on from where it stood.
    await bench.set(taskOf({ revision: 2 }));
    await bench.pass(10 * MINUTE);
    assert.deepEqual(bench.ends, ["12:30 done", "12:40 done"]);
  });

  it("keeps the rule over a change of the clock in the task's zone", async () => {
    bench.clock.set(Date.UTC(2026, 2, 28, 23, 30) - NOON);
    await bench.pass(15 * SECOND);
    await bench.set(taskOf({ timezone: "Europe/Berlin", cron_expression: "15 1,2,3 * * *" }));
    await bench.pass(2 * HOUR);
    assert.deepEqual(bench.ends, ["29. 00:15 done", "29. 01:00 done", "29. 01:15 done"]);
  });

  it("tells what it may not run, with the reason", async () => {
    bench.refusal = "this agent is locked";
    await bench.set(taskOf());
    await bench.pass(10 * MINUTE);
    assert.deepEqual(
      bench.told.map(({ outcome, reason, started_at }) => [outcome, reason, started_at]),
      [["skipped", "this agent is locked", null]],
    );
    assert.deepEqual(await bench.run("r"), { accepted: false, message: "It was not begun: this agent is locked" });
  });

  it("runs one that is asked for at most once for its id", async () => {
    await bench.set(taskOf({ enabled: false }));
    assert.equal((await bench.run("r1"))?.accepted, true);
    assert.equal((await bench.run("r1"))?.message, "It was begun before");
    await bench.settle();
    assert.deepEqual(bench.acts, ["restart s"]);
    assert.deepEqual([bench.told[0]?.trigger, bench.told[0]?.by], ["manual", "tester"]);
  });
});

describe("overlap", () => {
  let bench: Bench;
  let finish: () => void;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
    bench.onAct = () =>
      new Promise((resolve) => (finish = () => resolve({ outcome: "done", message: "done", count: 1 })));
  });
  afterEach(() => bench.close());

  for (const [overlap, begun, ends] of [
    ["forbid", 1, ["12:20 skipped", "12:30 skipped", "12:10 done"]],
    ["queue", 1, ["12:30 skipped", "12:10 done"]],
    ["replace", 1, ["12:20 skipped", "12:10 done"]],
    ["allow", 3, ["12:30 done"]],
  ] as const) {
    it(`"${overlap}" does what it says while a run lasts`, async () => {
      await bench.set(taskOf({ overlap }));
      await bench.pass(30 * MINUTE);
      assert.equal(bench.acts.length, begun);
      const last = bench.acts.length;
      finish();
      await bench.settle();
      if (overlap === "replace") assert.ok(bench.told.some(({ reason }) => reason.includes("replaces it")));
      assert.deepEqual(bench.ends.toSorted(), [...ends].toSorted());
      // What waited begins.
      assert.equal(bench.acts.length, overlap === "queue" || overlap === "replace" ? last + 1 : last);
    });
  }
});

describe("retries", () => {
  it("follow a failure at growing distances, and stop at the limit", async () => {
    const bench = new Bench();
    await bench.start();
    bench.onAct = () => Promise.resolve({ outcome: "failed", message: "no such port", count: 0 });
    const retries = { count: 2, delay: 60, factor: 3, max_delay: 300, jitter: 0, within: null };
    await bench.set(taskOf({ cron_expression: "10 12 * * *", retries }));
    await bench.pass(10 * MINUTE);
    assert.equal(bench.acts.length, 1);
    await bench.pass(MINUTE);
    assert.equal(bench.acts.length, 2);
    await bench.pass(2 * MINUTE);
    assert.equal(bench.acts.length, 2);
    await bench.pass(MINUTE);
    assert.equal(bench.acts.length, 3);
    assert.deepEqual(
      bench.told.map(({ outcome, attempt }) => `${outcome} ${attempt}`),
      ["running 1", "waiting 1", "running 2", "waiting 2", "running 3", "failed 3"],
    );
    assert.match(bench.told[1]?.reason ?? "", /attempt 1 failed \(no such port\); the next one begins in 60 s/);
    await bench.close();
  });
});

describe("a time that was missed", () => {
  const BEGUN = "It is begun";
  const BEFORE = "It was begun before";
  let bench: Bench;
  let finish: () => void;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
    await bench.set(taskOf({ enabled: false }));
    await bench.pass(30 * MINUTE);
    bench.onAct = () =>
      new Promise((resolve) => (finish = () => resolve({ outcome: "done", message: "done", count: 1 })));
  });
  afterEach(() => bench.close());
  const finishOne = async (): Promise<void> => {
    finish();
    await bench.settle();
  };

  it("is run once, one behind the other, however often it is asked for", async () => {
    assert.deepEqual([await bench.runMissed("12:10"), await bench.runMissed("12:20")], [BEGUN, BEGUN]);
    await bench.settle();
    assert.equal(bench.acts.length, 1);
    assert.equal(await bench.runMissed("12:20"), BEFORE);
    await finishOne();
    assert.equal(bench.acts.length, 2);
    await finishOne();
    assert.deepEqual(bench.ends, ["12:10 caught up", "12:20 caught up"]);
    assert.ok(bench.told.every(({ by }) => by === "tester"));
    assert.deepEqual([await bench.runMissed("12:10"), await bench.runMissed("12:20")], [BEFORE, BEFORE]);
    await bench.die();
    await bench.start();
    assert.deepEqual([await bench.runMissed("12:10"), await bench.runMissed("12:20")], [BEFORE, BEFORE]);
    assert.equal(bench.acts.length, 2);
  });

  it("is not run where it ran when it was due, also after the agent was killed", async () => {
    await bench.set(taskOf({ revision: 2 }));
    await bench.pass(10 * MINUTE);
    await finishOne();
    assert.deepEqual(bench.ends, ["12:40 done"]);
    assert.equal(await bench.runMissed("12:40"), BEFORE);
    await bench.die();
    await bench.start();
    assert.equal(await bench.runMissed("12:40"), BEFORE);
  });

  it("is not run where the hub is still to hear that it ran, or nobody knows yet", async () => {
    bench.untold = true;
    assert.equal(await bench.runMissed("12:10"), BEFORE);
    bench.untold = undefined;
    assert.match((await bench.runMissed("12:10")) ?? "", /has yet to tell what it ran/);
    assert.deepEqual(bench.acts, []);
  });

  it("is not run before it is due", async () => {
    assert.match((await bench.runMissed("12:40")) ?? "", /not due yet by the clock of this server/);
  });

  it("can be asked for again where the agent ended before its turn; where it ran, nobody knows and it is not", async () => {
    for (const time of ["12:10", "12:20"]) assert.equal(await bench.runMissed(time), BEGUN);
    await bench.settle();
    await bench.die();
    await bench.start();
    const ends = bench.told.filter(({ ended_at }) => ended_at !== null);
    assert.deepEqual(
      ends.map(({ due_at, outcome }) => `${due_at.slice(11, 16)} ${outcome}`),
      ["12:20 skipped", "12:10 unknown"],
    );
    assert.deepEqual([await bench.runMissed("12:10"), await bench.runMissed("12:20")], [BEFORE, BEGUN]);
    await bench.settle();
    await finishOne();
    assert.deepEqual(bench.acts, ["restart s", "restart s"]);
    assert.equal(bench.ends.at(-1), "12:20 caught up");
  });

  it("waits for its turn also where a run replaces the one before it", async () => {
    await bench.set(taskOf({ enabled: false, overlap: "replace" }));
    for (const time of ["12:10", "12:20"]) assert.equal(await bench.runMissed(time), BEGUN);
    await bench.settle();
    await finishOne();
    await finishOne();
    assert.deepEqual(bench.ends, ["12:10 caught up", "12:20 caught up"]);
    assert.ok(bench.told.every(({ outcome }) => outcome !== "skipped" && outcome !== "failed"));
  });

  it("that is refused is no record: whoever asked is told", async () => {
    bench.refusal = "this agent is locked";
    assert.equal(await bench.runMissed("12:10"), "It was not begun: this agent is locked");
    assert.deepEqual(bench.told, []);
  });
});

describe("a turn among the servers of a task", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
    await bench.set(taskOf({ cron_expression: "10 12 * * *", offset: 120 }));
  });
  afterEach(() => bench.close());

  it("is waited for before a run that is due, but not before one that somebody asks for", async () => {
    await bench.pass(11 * MINUTE);
    assert.deepEqual(bench.acts, []);
    assert.deepEqual(
      bench.told.map(({ outcome, reason }) => `${outcome}: ${reason}`),
      ["waiting: its turn is 120 s after it was due"],
    );
    await bench.pass(MINUTE);
    assert.deepEqual(bench.ends, ["12:10 done"]);
    await bench.run("now");
    await bench.settle();
    assert.equal(bench.acts.length, 2);
  });

  it("that had not come when the agent was killed is told as skipped, and can be asked for", async () => {
    await bench.pass(11 * MINUTE);
    await bench.die();
    await bench.start();
    assert.deepEqual(bench.ends, ["12:10 skipped"]);
    assert.equal(await bench.runMissed("12:10"), "It is begun");
    await bench.settle();
    assert.deepEqual(bench.acts, ["restart s"]);
  });

  it("can change without a time being passed over", async () => {
    await bench.pass(9 * MINUTE);
    // As a timer that is late meets a message that is early.
    bench.clock.set(MINUTE);
    await bench.set(taskOf({ cron_expression: "10 12 * * *", offset: 240 }));
    await bench.pass(5 * MINUTE);
    assert.deepEqual(bench.ends, ["12:10 done"]);
  });
});
