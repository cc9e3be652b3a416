import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instanceStateSchema } from "./status.ts";
import { STATES_BY_URGENCY } from "./urgency.ts";

describe("STATES_BY_URGENCY", () => {
  it("has every state once", () => {
    assert.deepEqual(STATES_BY_URGENCY.toSorted(), instanceStateSchema.options.toSorted());
  });
});
