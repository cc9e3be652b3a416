import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planAgent, type AgentWish } from "./agent-start.ts";

const kept = { hub_url: "http://nas:8765", name: "web-1" };
const wish = (more: Partial<AgentWish> = {}): AgentWish => ({
  hub: undefined,
  token: undefined,
  name: undefined,
  reEnrol: false,
  ...more,
});

describe("planAgent()", () => {
  it("enrols a machine that is not enrolled, and says what is missing for it", () => {
    const both = { hub: "http://nas:8765", token: "t" };
    assert.deepEqual(planAgent(undefined, wish(both)), { act: "enrol", ...both });
    const noHub = planAgent(undefined, wish({ token: "t" }));
    assert.ok(noHub.act === "refuse" && noHub.usage && /say with which hub/.test(noHub.words));
    const noToken = planAgent(undefined, wish({ hub: "http://nas:8765" }));
    assert.ok(noToken.act === "refuse" && noToken.usage && /TAILHERD_JOIN_TOKEN/.test(noToken.words));
  });

  it("needs nothing once enrolled, and takes the very line it was enrolled with", () => {
    assert.deepEqual(planAgent(kept, wish()), { act: "go_on", notes: [] });
    const again = planAgent(kept, wish({ hub: kept.hub_url, token: "t", name: "web-1" }));
    assert.ok(again.act === "go_on" && again.notes.length === 1);
  });

  it("follows its hub to another address, but does not change hubs without being told twice", () => {
    assert.deepEqual(planAgent(kept, wish({ hub: "http://new:1" })), { act: "move", hub: "http://new:1", notes: [] });
    const other = planAgent(kept, wish({ hub: "http://new:1", token: "t" }));
    assert.ok(other.act === "refuse" && !other.usage);
    assert.match(
      [other.words, ...other.hints].join(" "),
      /enrolled as "web-1" with the hub at http:\/\/nas:8765.*--re-enrol/,
    );
    const hub = "http://new:1";
    assert.deepEqual(planAgent(kept, wish({ hub, token: "t", reEnrol: true })), { act: "enrol", hub, token: "t" });
  });

  it("enrols again with the hub it knows, given a token", () => {
    const token = "t";
    assert.deepEqual(planAgent(kept, wish({ token, reEnrol: true })), { act: "enrol", hub: kept.hub_url, token });
    const without = planAgent(kept, wish({ reEnrol: true }));
    assert.ok(without.act === "refuse" && /join-token --for "web-1"/.test(without.hints.join()));
  });

  it("says that a name is given once", () => {
    const renamed = planAgent(kept, wish({ name: "web-2" }));
    assert.ok(renamed.act === "go_on" && /servers rename/.test(renamed.notes.join()));
  });
});
