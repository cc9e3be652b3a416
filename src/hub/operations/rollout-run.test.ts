// What a rolling restart does when something goes wrong between the steps: with a real store, and a fleet that does as it is told.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FakeClock } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation } from "../../contract/operations.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import type { RollingPlan } from "../store/store.ts";
import { Operations } from "./operations.ts";
import type { Seen } from "./rollout-rules.ts";
import { Rollouts } from "./rollouts.ts";
import type { RolloutParts } from "./rollout-run.ts";

const PATIENCE = 30_000;
const ACTOR = { principal: "ann", from: "socket" };

/** Two instances of one service on a server, a clock that stands still, and everything that a test may break. */
class Stage {
  readonly clock: FakeClock;
  readonly seen: Seen[] = [well(), well()];
  readonly asked: number[] = [];
  /** Does the restart of an instance; replaced by tests. */
  restart = async (index: number): Promise<void> => this.restarted(index);
  putBack: RolloutParts["putBack"] = async () => ({ outcome: "saved", revision: 1 });
  readonly operations: Operations;
  readonly rollouts: Rollouts;

  private constructor(operations: Operations, clock: FakeClock) {
    this.operations = operations;
    this.clock = clock;
    this.rollouts = new Rollouts({
      operations,
      clock: this.clock,
      logger: silentLogger,
      fleet: {
        told: new Emitter<InstanceStatus>(),
        changed: new Emitter<void>(),
        see: ({ index }) => this.seen[index ?? 0] ?? well(),
        othersDown: () => 0,
      },
      acts: {
        restartOne: async (_name, index) => {
          this.asked.push(index);
          await this.restart(index);
          return { outcome: "done", message: "restarted", count: 1 };
        },
      },
      putBack: async (...args) => await this.putBack(...args),
    });
  }

  static async open(context: TestContext): Promise<Stage> {
    const dir = mkdtempSync(join(tmpdir(), "tailherd-rollout-"));
    const clock = new FakeClock();
    const store = await openSqliteStore({ file: join(dir, "hub.db"), clock, logger: silentLogger });
    const operations = await Operations.load({ store, clock, logger: silentLogger });
    const stage = new Stage(operations, clock);
    context.after(async () => {
      stage.rollouts.close();
      await operations.close();
      await store.close();
      rmSync(dir, { recursive: true });
    });
    return stage;
  }

  restarted(index: number): void {
    const before = this.seen[index] ?? well();
    this.seen[index] = { ...before, generation: (before.generation ?? 0) + 1 };
  }

  async begin(options: { batch?: number; rollback?: boolean } = {}): Promise<Operation> {
    const { batch = 1, rollback = false } = options;
    const plan: RollingPlan = {
      what: "rolling",
      options: { batch, max_unavailable: null, stable: 5, timeout: 86_400, rollback },
      from: "socket",
      services: [{ name: "web", batch, max_unavailable: batch, revision: 2, before: 1 }],
      before: {},
      halt: null,
      back: null,
    };
    const targets = [0, 1].map((index) => ({ service: "web", server_id: "a", server: "nas", index }));
    return await this.rollouts.start(
      { kind: "rolling restart", title: "rolling restart of web", plan, targets },
      ACTOR,
    );
  }

  /** Lets time pass, and what the store has to do be done, until it is as wanted. */
  async until(wanted: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (let step = 0; !wanted(); step++) {
      assert.ok(Date.now() < deadline, "it did not get there");
      if (step % 20 === 0) this.clock.advance(100);
      await turn();
    }
  }
}

function well(): Seen {
  return { wanted: true, linked: true, state: "running", ready: true, generation: 1, reason: null };
}

const states = ({ targets }: Operation): string[] => targets.map(({ state }) => state);

test("a restart that nobody answered is asked for again, unless it happened", async (context) => {
  const stage = await Stage.open(context);
  const away = new TailherdError("agent_away", "Cannot act: nas is not linked to the hub now");
  stage.restart = async (index) => {
    // The first time the link breaks before, the second time after it is done.
    if (stage.asked.length > 1) stage.restarted(index);
    if (stage.asked.length <= 2) throw away;
  };
  const operation = await stage.begin();
  await stage.until(() => operation.ended_at !== null);
  assert.deepEqual(
    [stage.asked, states(operation)],
    [
      [0, 0, 1],
      ["done", "done"],
    ],
  );
});

test("what cannot be put on record is not begun, and is tried again", async (context) => {
  const stage = await Stage.open(context);
  const operation = await stage.begin();
  const save = stage.operations.save.bind(stage.operations);
  let refused = 0;
  stage.operations.save = async (id) => {
    refused += 1;
    if (refused > 2) return await save(id);
    assert.deepEqual(stage.asked, []);
    throw new TailherdError("degraded", "Cannot note it: the disk is full");
  };
  await stage.until(() => operation.ended_at !== null);
  assert.ok(refused > 2);
  assert.deepEqual(
    [stage.asked, states(operation)],
    [
      [0, 1],
      ["done", "done"],
    ],
  );
});

test("what is only on record when another one fails is not begun", async (context) => {
  const stage = await Stage.open(context);
  stage.restart = async () => {
    throw new TailherdError("act_failed", "exit 1");
  };
  const save = stage.operations.save.bind(stage.operations);
  const second = Promise.withResolvers<void>();
  let saves = 0;
  stage.operations.save = async (id) => {
    saves += 1;
    const isSecond = saves === 2;
    await save(id);
    if (isSecond) await second.promise;
  };
  const operation = await stage.begin({ batch: 2 });
  await stage.until(() => operation.counts.failed === 1);
  second.resolve();
  await stage.until(() => operation.ended_at !== null);
  assert.deepEqual([stage.asked, states(operation)], [[0], ["failed", "cancelled"]]);
  assert.equal(operation.targets[1]?.message, "Not begun: another one failed");
});

test("a definition that cannot be put back now is put back later, and only then is anything restarted", async (context) => {
  const stage = await Stage.open(context);
  let put = 0;
  stage.restart = async (index) => {
    stage.restarted(index);
    if (put < 2 && index === 1) throw new TailherdError("act_failed", "exit 1");
  };
  stage.putBack = async () => {
    put += 1;
    assert.deepEqual(stage.asked, [0, 1]);
    if (put === 1) throw new TailherdError("disk_full", "Cannot save it: the disk is full");
    return { outcome: "saved", revision: 1 };
  };
  const operation = await stage.begin({ rollback: true });
  await stage.until(() => operation.ended_at !== null);
  assert.deepEqual([put, states(operation)], [2, ["cancelled", "failed"]]);
  assert.deepEqual(new Set(stage.asked.slice(2)), new Set([0, 1]));
  assert.match(operation.targets[1]?.message ?? "", /^exit 1\. Rolled back to revision 1/);
});

test("a failure while it rolls back leaves the rest as it is", async (context) => {
  const stage = await Stage.open(context);
  stage.restart = async (index) => {
    stage.restarted(index);
    if (stage.asked.length >= 2) throw new TailherdError("act_failed", "exit 1");
  };
  const operation = await stage.begin({ rollback: true });
  await stage.until(() => operation.ended_at !== null);
  assert.deepEqual([stage.asked.length, states(operation).toSorted()], [3, ["cancelled", "failed"]]);
  assert.ok(operation.targets.some(({ message }) => message === "Rolling back: exit 1"));
  assert.ok(operation.targets.some(({ message }) => /^Not rolled back: web #\d on nas failed$/.test(message ?? "")));
});
