import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkSchema, type NotifyCheck } from "../../../contract/checks.ts";
import type { Notice } from "./notice.ts";
import { hear, type Hearing, judgeSaid, NOTHING_SAID, type Said, shownOfSaid } from "./said.ts";

function notify(more: Partial<NotifyCheck>): NotifyCheck {
  const check = checkSchema.parse({ kind: "notify", name: "n", ...more });
  assert.equal(check.kind, "notify");
  return check;
}
type Heard = Omit<Hearing, "now">;
const judge = (check: NotifyCheck, heard: Heard, now: number) => judgeSaid(check, { ...heard, now });
const START = notify({ role: "startup", interval: 2, failures: 3 });
const LIFE = notify({ within: 10 });
const HEARD: Heard = { said: NOTHING_SAID, told: { watchdog: 10 }, since: 0, missed: false, problem: null };

const after = (...notices: Notice["says"][]): Said =>
  notices.reduce(
    (said, says, at) => hear(said, says === "status" ? { says, text: "3 of 10" } : { says }, at),
    NOTHING_SAID,
  );
const says = fc.constantFrom<Notice["says"]>("ready", "reloading", "stopping", "alive", "trigger", "status");
const notices = fc.array(fc.record({ says, wait: fc.integer({ min: 0, max: 30_000 }) }), { maxLength: 20 });

describe("hear()", () => {
  it("is ready once READY=1 was said, and alive when that or WATCHDOG=1 was said last", () => {
    fc.assert(
      fc.property(notices, (all) => {
        let now = 0;
        let said = NOTHING_SAID;
        let alive: number | null = null;
        for (const { says, wait } of all) {
          now += wait;
          said = hear(said, says === "status" ? { says, text: "x" } : { says }, now);
          if (says === "ready" || says === "alive") alive = now;
        }
        const order = all.map((one) => one.says);
        assert.equal(said.ready, order.includes("ready"));
        assert.equal(said.alive, alive);
        assert.equal(said.triggered, order.lastIndexOf("trigger") > order.lastIndexOf("ready"));
        const passage = Math.max(order.lastIndexOf("reloading"), order.lastIndexOf("stopping"));
        assert.equal(said.passage, passage > order.lastIndexOf("ready") ? order[passage] : null);
      }),
    );
  });
});

describe("judgeSaid() of startup", () => {
  it("passes with READY=1 and with nothing else, and says what the service says", () => {
    assert.deepEqual(judge(START, HEARD, 99_000), { ok: false, message: "it has not said READY=1 yet" });
    const loading = { ...HEARD, said: after("alive", "status") };
    assert.deepEqual(judge(START, loading, 0), {
      ok: false,
      message: "it has not said READY=1 yet; says: 3 of 10",
    });
    assert.deepEqual(judge(START, { ...HEARD, said: after("status", "ready") }, 0), {
      ok: true,
      message: "says: 3 of 10",
    });
    const reloading = { ...HEARD, said: after("ready", "reloading") };
    assert.deepEqual(judge(START, reloading, 0), { ok: true, message: "reloading" }, "that is shown, not judged");
  });

  it("never fails one that may have said READY=1 while nobody listened: it has its time again, and then passes", () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 0, max: 20_000 })), fc.integer({ min: 0, max: 60_000 }), (since, now) => {
        const outcome = judge(START, { ...HEARD, since, missed: true }, now);
        if (since === null || now - since < 6000) assert.equal(outcome, null);
        else assert.equal(outcome?.ok, true);
      }),
    );
  });
});

describe("judgeSaid() of liveness", () => {
  it("fails when nothing was said for longer than `within`, since it is heard", () => {
    const time = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(time, fc.option(time), time, (since, alive, now) => {
        fc.pre(now >= since && now >= (alive ?? 0));
        const outcome = judge(LIFE, { ...HEARD, since, said: { ...NOTHING_SAID, alive } }, now);
        assert.equal(outcome?.ok, now - Math.max(since, alive ?? 0) <= 10_000);
      }),
    );
    assert.deepEqual(judge(LIFE, HEARD, 11_000)?.message, "no WATCHDOG=1 for 11 s");
    const silent = { ...HEARD, said: after("status", "alive") };
    assert.deepEqual(judge(LIFE, silent, 12_001)?.message, "no WATCHDOG=1 for 12 s; says: 3 of 10");
  });

  it("fails at once with WATCHDOG=trigger, until READY=1", () => {
    const outcome = judge(LIFE, { ...HEARD, said: after("ready", "trigger", "alive") }, 0);
    assert.deepEqual(outcome, { ok: false, message: "it said WATCHDOG=trigger", atOnce: true });
    assert.equal(judge(LIFE, { ...HEARD, said: after("trigger", "ready") }, 0)?.ok, true);
  });

  it("thinks nothing while nobody listens, which is not the service's fault", () => {
    assert.equal(judge(LIFE, { ...HEARD, since: null }, 99_000), null);
  });

  it("gives a service the time that it was told at its start, where that is longer", () => {
    const hearing = { ...HEARD, told: { watchdog: 60 } };
    assert.equal(judge(LIFE, hearing, 59_000)?.ok, true);
    assert.equal(judge(LIFE, hearing, 61_000)?.ok, false);
  });
});

it("what was not told at the start counts from the next one, and says so", () => {
  const words = "counts from the next start";
  const untold: Heard = { ...HEARD, told: null };
  const withoutWatchdog: Heard = { ...HEARD, told: { watchdog: null } };
  for (const [check, hearing] of [
    [START, untold],
    [LIFE, untold],
    [LIFE, withoutWatchdog],
  ] as const) {
    assert.deepEqual(judge(check, hearing, 99_000), { ok: true, message: words });
    assert.equal(shownOfSaid(check, { ...hearing, now: 0 }), words);
  }
  assert.equal(shownOfSaid(START, { ...withoutWatchdog, now: 0 }), null);
});

it("where nobody can listen on this machine, checks fail with the reason", () => {
  const deaf: Heard = { ...HEARD, problem: "no perl" };
  for (const check of [START, LIFE]) assert.deepEqual(judge(check, deaf, 0), { ok: false, message: "no perl" });
});
