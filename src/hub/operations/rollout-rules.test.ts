// Rolling restarts, played through against a model of instances that start slowly, break and recover.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../base/units.ts";
import type { OperationTarget } from "../../contract/operations.ts";
import type { RollingPlan } from "../store/store.ts";
import { isOver } from "./operation-rules.ts";
import { estimatedEnd } from "./rollout-estimate.ts";
import { type Hand, isAvailable, nextStep, type Seen, type Step, steadyAfter } from "./rollout-rules.ts";

/** An instance of the model. */
interface Modelled extends Seen {
  /** Steps of a second until its restart is over; null: it is not restarted. */
  restarting: number | null;
  /** Seconds that a restart takes, and then until it is ready. */
  takes: number;
  /** What its restart ends in. */
  fails: boolean;
  restarts: number;
}

interface Scene {
  services: { name: string; instances: number; batch: number; max: number }[];
  stable: number;
  timeout: number;
  takes: number[];
  /** Places of instances that are down from the beginning, by their share of all. */
  down: number[];
  failing: number[];
  stopped: number[];
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  services: fc
    .array(
      fc.record({
        instances: fc.integer({ min: 1, max: 8 }),
        batch: fc.integer({ min: 1, max: 4 }),
        max: fc.integer({ min: 1, max: 4 }),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((all) => all.map((service, at) => ({ ...service, name: `s${at}` }))),
  stable: fc.integer({ min: 0, max: 5 }),
  timeout: fc.integer({ min: 10, max: 30 }),
  takes: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 8 }),
  down: fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 3 }),
  failing: fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 2 }),
  stopped: fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 2 }),
});

/** Plays a rolling restart second by second, as the engine does it; `watch` sees each step with the model before it. */
class Play {
  readonly plan: Pick<RollingPlan, "options" | "services" | "before">;
  readonly targets: OperationTarget[] = [];
  readonly model: Modelled[] = [];
  readonly hands = new Map<number, Hand>();
  stuckSince: number | null = null;
  now = 0;
  failed = false;
  paused = false;
  words: (string | null)[] = [];

  constructor({ services, stable, timeout, takes, down, failing, stopped }: Scene) {
    const options = { batch: 1, max_unavailable: null, stable, timeout, rollback: false };
    const rest = { revision: 2, before: 1 };
    this.plan = {
      options,
      services: services.map(({ name, batch, max }) => ({ name, batch, max_unavailable: max, ...rest })),
      before: {},
    };
    for (const { name, instances } of services) {
      for (let index = 0; index < instances; index++) {
        const place = this.targets.length;
        this.targets.push(target(name, index));
        this.model.push({
          wanted: !stopped.includes(place),
          linked: true,
          state: stopped.includes(place) ? "stopped" : down.includes(place) ? "backoff" : "running",
          ready: !down.includes(place) && !stopped.includes(place),
          generation: 7,
          reason: null,
          restarting: null,
          takes: takes[place % takes.length] ?? 0,
          fails: failing.includes(place),
          restarts: 0,
        });
      }
    }
  }

  step(): Step {
    this.see();
    const view = {
      plan: this.plan,
      targets: this.targets,
      seen: this.model,
      othersDown: () => 0,
      hands: this.hands,
      stuckSince: this.stuckSince,
      paused: this.paused,
    };
    const step = nextStep(view, this.now);
    this.words.push(step.words);
    this.stuckSince = step.stuckSince;
    return step;
  }

  /** Carries a step out, as the engine does. */
  carryOut(step: Step): void {
    for (const { place, state, message } of step.ends) {
      this.change(place, { state, message, ended_at: iso(this.now) });
      this.hands.delete(place);
      if (state !== "done") this.failed = true;
    }
    if (this.failed) {
      for (const [place, { state }] of this.targets.entries())
        if (state === "queued") this.change(place, { state: "cancelled" });
    }
    for (const place of step.begin) {
      this.change(place, { state: "running", started_at: iso(this.now) });
      this.plan.before[place] = this.model[place]?.generation ?? null;
      this.hands.set(place, { acting: true, acted: false, notBefore: 0, since: this.now, steady: null });
      const instance = this.model[place];
      if (instance === undefined) continue;
      Object.assign(instance, {
        restarting: instance.takes,
        state: "stopping",
        ready: false,
        restarts: instance.restarts + 1,
      });
    }
  }

  /** A second passes in the model. */
  pass(): void {
    this.now += SECOND;
    for (const [place, instance] of this.model.entries()) {
      if (instance.restarting === null) continue;
      instance.restarting -= 1;
      if (instance.restarting > 0) continue;
      const generation = (instance.generation ?? 0) + 1;
      Object.assign(instance, {
        restarting: null,
        generation,
        ready: !instance.fails,
        state: instance.fails ? "backoff" : "running",
      });
      const hand = this.hands.get(place);
      if (hand !== undefined) Object.assign(hand, { acting: false, acted: true });
    }
  }

  /** Until it is over, or so many seconds have passed. */
  run(watch: (step: Step) => void = () => {}, limit = 2000): void {
    for (let second = 0; second < limit && this.goesOn; second++) {
      const step = this.step();
      watch(step);
      this.carryOut(step);
      this.pass();
    }
  }

  get goesOn(): boolean {
    return this.targets.some(({ state }) => !isOver(state));
  }

  downOf(service: string): number {
    return this.placesOf(service).filter((place) => {
      const instance = this.model[place];
      return instance !== undefined && instance.wanted && !isAvailable(instance);
    }).length;
  }

  placesOf(service: string): number[] {
    return [...this.targets.keys()].filter((place) => this.targets[place]?.service === service);
  }

  private see(): void {
    for (const [place, hand] of this.hands) {
      const instance = this.model[place];
      if (instance !== undefined) hand.steady = steadyAfter(hand, instance, this.plan.before[place], this.now);
    }
  }

  private change(place: number, change: Partial<OperationTarget>): void {
    const before = this.targets[place];
    if (before !== undefined) this.targets[place] = { ...before, ...change };
  }
}

function target(service: string, index: number): OperationTarget {
  const rest = { message: null, started_at: null, ended_at: null, exit_code: null, output: "", output_dropped: 0 };
  return { service, server_id: "a", server: "nas", index, state: "queued", ...rest };
}

const iso = (time: number): string => new Date(time).toISOString();
const healthy = (scene: Scene): Scene => ({ ...scene, down: [], failing: [], stopped: [] });

describe("a rolling restart", () => {
  it("never takes more than a batch, nor makes more not ready than may be", () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const play = new Play(scene);
        play.run((step) => {
          for (const { name, batch, max_unavailable } of play.plan.services) {
            const own = play.placesOf(name);
            const begun = step.begin.filter((place) => own.includes(place));
            const over = new Set(step.ends.map(({ place }) => place));
            const inHand = own.filter((place) => play.targets[place]?.state === "running" && !over.has(place));
            assert.ok(inHand.length + begun.length <= batch, `${inHand.length} and ${begun.length} of ${batch}`);
            const fresh = begun.filter((place) => play.model[place] !== undefined && isAvailable(play.model[place]));
            assert.ok(fresh.length === 0 || play.downOf(name) + fresh.length <= max_unavailable);
          }
        });
      }),
    );
  });

  it("is done with each instance once, when all is well, and only after it was ready for so long", () => {
    fc.assert(
      fc.property(scenes.map(healthy), (scene) => {
        const play = new Play(scene);
        play.run((step) => {
          for (const { place } of step.ends) {
            const { steady } = play.hands.get(place) ?? { steady: null };
            assert.ok(steady !== null && play.now - steady.since >= scene.stable * SECOND);
          }
        });
        assert.ok(play.targets.every(({ state }) => state === "done"));
        assert.ok(play.model.every(({ restarts }) => restarts === 1));
      }),
    );
  });

  it("takes one service after the other", () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const play = new Play(scene);
        play.run((step) => {
          const begun = step.begin.map((place) => play.targets[place]?.service);
          const over = new Set(step.ends.map(({ place }) => place));
          const open = play.targets.flatMap(({ state, service }, place) =>
            state === "running" && !over.has(place) ? [service] : [],
          );
          assert.ok(new Set([...begun, ...open]).size <= 1);
        });
      }),
    );
  });

  it("always comes to an end, begins nothing after a failure, and leaves alone what is stopped", () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const play = new Play(scene);
        let failed = false;
        play.run((step) => {
          if (failed) assert.deepEqual(step.begin, []);
          failed ||= step.ends.some(({ state }) => state !== "done");
          if (failed) assert.deepEqual(step.begin, []);
        });
        assert.equal(play.goesOn, false);
        for (const [place, { wanted, restarts, fails }] of play.model.entries()) {
          if (!wanted) assert.equal(restarts, 0);
          if (restarts > 0 && fails) assert.equal(play.targets[place]?.state, "failed");
        }
      }),
    );
  });

  it("begins nothing while it is paused, and brings to its end what is in hand", () => {
    fc.assert(
      fc.property(scenes.map(healthy), fc.integer({ min: 0, max: 6 }), (scene, seconds) => {
        const play = new Play(scene);
        play.run(() => {}, seconds);
        play.paused = true;
        play.run((step) => assert.deepEqual(step.begin, []), 60);
        assert.ok(play.targets.every(({ state }) => state === "queued" || state === "done"));
        play.paused = false;
        play.run();
        assert.ok(play.targets.every(({ state }) => state === "done"));
      }),
    );
  });
});

describe("one step of a rolling restart", () => {
  const scene: Scene = {
    services: [{ name: "web", instances: 3, batch: 2, max: 1 }],
    stable: 5,
    timeout: 20,
    takes: [1],
    down: [],
    failing: [],
    stopped: [],
  };

  it("restarts first what is down already, since that makes nothing worse", () => {
    const play = new Play({ ...scene, down: [2] });
    assert.deepEqual(play.step().begin, [2]);
  });

  it("waits, and halts with the reason, while others are down that it may not restart", () => {
    const play = new Play(scene);
    play.model[1] = { ...(play.model[1] as Modelled), linked: false };
    const step = play.step();
    assert.deepEqual([step.begin, step.ends], [[], []]);
    assert.match(
      step.words ?? "",
      /1 of web is not ready, and at most 1 may be at a time: web #1 on nas \(its server is not linked\)/,
    );
    play.run();
    assert.equal(play.now, 21 * SECOND);
    assert.deepEqual(
      play.targets.map(({ state }) => state),
      ["failed", "cancelled", "cancelled"],
    );
  });

  it("counts the stable time anew after a break", () => {
    const play = new Play(scene);
    play.run(() => {}, 4);
    const instance = play.model[0] as Modelled;
    instance.ready = false;
    play.run(() => {}, 1);
    instance.ready = true;
    play.run(() => {}, 5);
    assert.equal(play.targets[0]?.state, "running");
    play.run(() => {}, 1);
    assert.equal(play.targets[0]?.state, "done");
  });

  it("counts the stable time anew after another start", () => {
    const play = new Play(scene);
    play.run(() => {}, 4);
    const instance = play.model[0] as Modelled;
    instance.generation = 9;
    play.run(() => {}, 5);
    assert.equal(play.targets[0]?.state, "running");
    play.run(() => {}, 1);
    assert.equal(play.targets[0]?.state, "done");
  });

  it("fails an instance that is not ready in time", () => {
    const play = new Play(scene);
    play.run(() => {}, 2);
    (play.model[0] as Modelled).ready = false;
    play.run();
    assert.match(play.targets[0]?.message ?? "", /was not ready within 20 s/);
    assert.deepEqual(
      play.targets.map(({ state }) => state),
      ["failed", "cancelled", "cancelled"],
    );
  });

  it("asks again for a restart that nobody answered, and not for one that happened", () => {
    const play = new Play(scene);
    play.carryOut(play.step());
    play.hands.set(0, { acting: false, acted: false, notBefore: 0, since: 0, steady: null });
    const instance = play.model[0] as Modelled;
    Object.assign(instance, { restarting: null, state: "stopping" });
    assert.deepEqual(play.step().again, []);
    Object.assign(instance, { state: "running", ready: true });
    assert.deepEqual(play.step().again, [0]);
    Object.assign(instance, { generation: 8 });
    assert.deepEqual(play.step().again, []);
    assert.equal(play.step().words, "waits for web #0 on nas to be stable, 5 s left");
  });

  it("says that nobody knows of an instance whose server went away", () => {
    const play = new Play(scene);
    play.run(() => {}, 2);
    (play.model[0] as Modelled).linked = false;
    play.run();
    assert.equal(play.targets[0]?.state, "unknown");
  });

  it("leaves an instance alone that somebody stopped while it was in hand", () => {
    const play = new Play(scene);
    play.run(() => {}, 3);
    Object.assign(play.model[0] as Modelled, { wanted: false, state: "stopped", ready: false });
    play.run();
    assert.deepEqual(
      play.targets.map(({ state }) => state),
      ["done", "done", "done"],
    );
    assert.equal(play.targets[0]?.message, "Left alone: somebody stopped it meanwhile");
  });
});

describe("the estimate", () => {
  it("is nothing before the first is done, and never in the past", () => {
    const times = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 5 });
    const queues = fc.array(fc.record({ count: fc.nat(50), width: fc.integer({ min: 1, max: 5 }) }), { maxLength: 3 });
    fc.assert(
      fc.property(times, times, queues, (took, begun, queued) => {
        const end = estimatedEnd({ took, begun, queued }, 100_000);
        assert.ok(took.length === 0 ? end === undefined : end !== undefined && end >= 100_000);
      }),
    );
  });

  it("counts what is in hand once and the rest in rounds", () => {
    const pace = { took: [8000, 12_000], begun: [95_000], queued: [{ count: 5, width: 2 }] };
    assert.equal(estimatedEnd(pace, 100_000), 100_000 + 5000 + 3 * 10_000);
  });
});
