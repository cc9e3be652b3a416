// What a service tells by itself, for tests and benchmarks of checks that do not listen: nothing.
import type { Calls } from "../../src/agent/checks/beat/calls.ts";
import type { Ear } from "../../src/agent/checks/ear.ts";
import { type Hearing, NOTHING_SAID } from "../../src/agent/checks/notify/said.ts";

const silent = {
  onHeard: () => ({ [Symbol.dispose]: () => undefined }),
  caughtUp: () => Promise.resolve(true),
};

/** Nothing was said by sd_notify, and its start told it nothing of that. */
export const NO_NOTIFY: Ear<Hearing> = {
  ...silent,
  hearing: () => ({ said: NOTHING_SAID, told: null, since: null, missed: false, problem: null, now: 0 }),
};

/** It never called, and its start told it no URL. */
export const NO_BEATS: Ear<Calls> = {
  ...silent,
  hearing: () => ({ told: false, since: null, last: null, problem: null, now: 0 }),
};
