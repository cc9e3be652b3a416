import assert from "node:assert/strict";
import { test } from "node:test";
import { agentLine, bareLine, hubAddresses } from "./join-lines.ts";

test("the agent's line keeps the secret out of its arguments", () => {
  assert.equal(
    agentLine({ hub: "http://nas:8765", secret: "thj_x.y", again: false }),
    "TAILHERD_JOIN_TOKEN=thj_x.y tailherd agent --hub http://nas:8765",
  );
  assert.match(agentLine({ hub: "http://nas:8765", secret: "s", again: true }), / --re-enrol$/);
});

test("the bare line is one line that a shell can read", () => {
  const line = bareLine({ hub: "http://nas:8765", secret: "thj_x.y", seconds: 5 });
  assert.doesNotMatch(line, /\n/);
});

test("an address that others can reach stands before this machine's own", () => {
  assert.deepEqual(hubAddresses(["http://127.0.0.1:8765", "http://100.64.0.1:8765"], "http://localhost:8765"), [
    "http://100.64.0.1:8765",
    "http://localhost:8765",
    "http://127.0.0.1:8765",
  ]);
});
