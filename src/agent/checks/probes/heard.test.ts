import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Emitter } from "../../../base/emitter.ts";
import { SECOND } from "../../../base/units.ts";
import { checkSchema, type NotifyCheck } from "../../../contract/checks.ts";
import type { Outcome } from "../judge.ts";
import { hear, type Hearing, judgeSaid, NOTHING_SAID } from "../notify/said.ts";
import type { Notice } from "../notify/notice.ts";
import { openHeardProbe } from "./heard.ts";

/** A service that is heard as the test says, looked at by a check of this role. */
function open(role: NotifyCheck["role"]) {
  const check = checkSchema.parse({ kind: "notify", name: "n", role, within: 10 });
  assert.equal(check.kind, "notify");
  const state = { now: 0, turns: 0, asked: 0, caughtUp: true, late: [] as Notice["says"][] };
  const heard = new Emitter<void>();
  let heardSoFar: Omit<Hearing, "now"> = {
    said: NOTHING_SAID,
    told: { watchdog: 10 },
    since: 0,
    missed: false,
    problem: null,
  };
  const say = (says: Notice["says"]): void => {
    const notice: Notice = says === "status" ? { says, text: "x" } : { says };
    heardSoFar = { ...heardSoFar, said: hear(heardSoFar.said, notice, state.now) };
    heard.emit();
  };
  const ear = {
    hearing: () => ({ ...heardSoFar, now: state.now }),
    onHeard: (listener: () => void) => heard.on(listener),
    caughtUp: async () => {
      state.asked += 1;
      for (const says of state.late.splice(0)) say(says);
      return state.caughtUp;
    },
  };
  const judge = (hearing: Hearing) => judgeSaid(check, hearing);
  const probe = openHeardProbe({ ear, judge, turned: () => (state.turns += 1) });
  const look = (): Promise<Outcome | null> => new Promise((resolve) => void probe.look(resolve));
  return { state, say, look, probe, heard, fail: (problem: string) => (heardSoFar = { ...heardSoFar, problem }) };
}

describe("what a service tells by itself", () => {
  it("takes silence for the service's only when all that it said is heard", async () => {
    const { state, look } = open("liveness");
    state.now = 11 * SECOND;
    state.late = ["alive"];
    assert.equal((await look())?.ok, true, "it was on its way");
    state.now = 22 * SECOND;
    state.caughtUp = false;
    assert.equal(await look(), null, "nobody knows");
    state.caughtUp = true;
    assert.deepEqual(await look(), { ok: false, message: "no WATCHDOG=1 for 11 s" });
    assert.equal(state.asked, 3);
  });

  it("asks nobody where it knows: what is well, what the service says of itself, what cannot be heard here", async () => {
    const { state, look, say, fail } = open("liveness");
    assert.equal((await look())?.ok, true);
    say("trigger");
    assert.equal((await look())?.atOnce, true);
    fail("no perl");
    assert.deepEqual(await look(), { ok: false, message: "no perl" });
    assert.equal(state.asked, 0);
  });

  it("says that a look would find otherwise, once, and nothing after it is closed", async () => {
    const { state, say, look, probe, heard } = open("startup");
    say("status");
    say("alive");
    assert.equal(state.turns, 0);
    say("ready");
    say("status");
    assert.equal(state.turns, 1);
    assert.equal((await look())?.ok, true);
    probe.close?.();
    assert.equal(heard.size, 0);
  });
});
