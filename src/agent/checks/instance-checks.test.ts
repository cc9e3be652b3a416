import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { type Check, checkSchema } from "../../contract/checks.ts";
import type { OutputLog } from "../spool/output-log.ts";
import type { CheckTools } from "./check-run.ts";
import { Gate } from "./gate.ts";
import { InstanceChecks, type KeptChecks } from "./instance-checks.ts";
import type { Judgement } from "./judge.ts";
import { NO_BEATS, NO_NOTIFY } from "../../../test/support/deaf.ts";
import { Wheel } from "./wheel.ts";

/** A check that looks at nothing but the test's own clock: no line ever comes. */
const check = (name: string, more: Partial<Check> = {}): Check =>
  checkSchema.parse({ name, kind: "log", match: "x", expect: "absent", interval: 10, ...more });

/** Checks of an instance on a clock of their own, with an output that says nothing. */
function open(kept: KeptChecks | null = null) {
  const clock = new FakeClock(0);
  const looks: [name: string, at: number][] = [];
  const tools: CheckTools = { clock, wheel: new Wheel(clock), gates: { light: new Gate(9), heavy: new Gate(9) } };
  let hear: (lines: { stream: string; ts: number; text: string }[]) => void = () => undefined;
  const output = {
    read: async () => ({ lines: [] }),
    drain: async () => undefined,
    follow: (_: unknown, follower: typeof hear) => {
      hear = follower;
      return { [Symbol.dispose]: () => undefined };
    },
  } as unknown as OutputLog;
  const subject = {
    launch: () => assert.fail("nothing is launched"),
    launchedAt: 0,
    output,
    now: () => clock.now(),
    notify: NO_NOTIFY,
    beats: NO_BEATS,
    hide: (text: string) => text,
  };
  const judged = (run: { check: Check }, before: Judgement): void => {
    looks.push([run.check.name, clock.now()]);
    assert.ok(before.since <= clock.now());
    checks.verdict();
  };
  const checks = new InstanceChecks({ key: "k", subject, tools, kept, results: new Map(), judged });
  /** Time goes by, and what answers in between is heard. */
  const pass = async (seconds: number): Promise<void> => {
    for (let tenth = 0; tenth < seconds * 10; tenth += 1) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { checks, looks, pass, print: (text: string) => hear([{ stream: "stdout", ts: clock.now(), text }]) };
}

const passing = (name: string): KeptChecks["checks"][number] => ({ name, state: "passing", reason: null, since: 0 });

describe("InstanceChecks", () => {
  it("looks at startup checks alone until they pass, and at them never again", async () => {
    const { checks, looks, pass } = open();
    checks.define([check("up", { role: "startup", initial_delay: 5 }), check("alive")], []);
    await pass(4);
    assert.deepEqual([looks, checks.started], [[], false]);
    await pass(30);
    assert.equal(checks.started, true);
    assert.equal(looks[0]?.[0], "up");
    assert.equal(looks.filter(([name]) => name === "up").length, 1);
    assert.ok(looks.filter(([name]) => name === "alive").length >= 2);
    checks.close();
  });

  it("looks on its beat, once an interval", async () => {
    const { checks, looks, pass } = open();
    checks.define([check("alive")], []);
    await pass(60);
    const times = looks.map(([, at]) => at);
    assert.equal(times.length, 6);
    for (const [place, at] of times.slice(1).entries()) assert.ok(Math.abs(at - (times[place] ?? 0) - 10_000) <= 200);
    checks.close();
    await pass(30);
    assert.equal(looks.length, 6, "no look after the end");
  });

  it("looks at once when a line turns what it would find, and keeps its beat", async () => {
    const { checks, looks, pass, print } = open();
    checks.define([check("said", { expect: "present", failures: 100 })], []);
    await pass(15);
    const [, second] = looks;
    print("x");
    await pass(1);
    assert.deepEqual(
      looks.slice(2).map(([, at]) => at <= 15_200),
      [true],
    );
    assert.equal(checks.statuses()[0]?.state, "passing");
    print("x");
    await pass(9);
    assert.equal(looks.length, 4, "nothing turned");
    assert.equal(looks[3]?.[1], (second?.[1] ?? 0) + 10_000);
    checks.close();
  });

  it("keeps what is thought of a check that did not change, and begins anew with one that did", async () => {
    const { checks, pass } = open();
    checks.define([check("a"), check("b")], []);
    await pass(2);
    const states = (): string[] => checks.statuses().map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(states(), ["a passing", "b passing"]);
    checks.define([check("b"), check("a", { interval: 20 }), check("c")], []);
    assert.deepEqual(states(), ["b passing", "a waiting", "c waiting"]);
    assert.equal(checks.histories(0)[0]?.results.length, 1);
    checks.close();
  });

  it("takes over what an agent before thought, once: a check that is changed then begins anew", async () => {
    const { checks, looks, pass } = open({ started: true, checks: [passing("a")] });
    checks.define([check("a"), check("up", { role: "startup" })], []);
    assert.deepEqual(checks.verdict(), {
      started: true,
      unhealthy: null,
      condemned: null,
      well: false,
      notReady: null,
    });
    assert.equal(checks.statuses()[0]?.state, "passing");
    checks.define([check("a", { interval: 20 })], []);
    assert.equal(checks.statuses()[0]?.state, "waiting");
    await pass(3);
    assert.ok(
      looks.every(([name]) => name === "a"),
      "what has started starts no more",
    );
    checks.close();
  });
});
