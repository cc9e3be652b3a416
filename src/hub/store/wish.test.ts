import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { wishActionSchema } from "../../contract/operations.ts";
import { desiredOn, fitWish, WHOLE, type Wish, wishAfter } from "./wish.ts";

const anyAct = fc.record({
  action: fc.constantFrom(...wishActionSchema.options),
  index: fc.option(fc.nat({ max: 4 })),
});

/** Which of so many instances should run. */
function running(wish: Wish, instances: number): number[] {
  if (wish.desired === "stopped") return [];
  return Array.from({ length: instances }, (_, at) => at).filter((at) => !wish.stopped_instances.includes(at));
}

describe("wishAfter()", () => {
  it("moves the instance that was named and no other, or all of them; a restart of what runs moves none", () => {
    fc.assert(
      fc.property(fc.array(anyAct), anyAct, (acts, last) => {
        let before: Wish = { desired: "stopped", stopped_instances: [], stopped_servers: [] };
        for (const act of acts) before = wishAfter(before, act.action, { ...WHOLE, index: act.index }, 5);
        const { action, index } = last;
        const after = wishAfter(before, action, { ...WHOLE, index }, 5);
        const ups = action === "start" || action === "restart";
        const kept = index === null && action === "restart" && before.desired === "running";
        const named = kept ? [] : index === null ? [0, 1, 2, 3, 4] : [index];
        for (let at = 0; at < 5; at += 1) {
          const wanted = named.includes(at) ? ups : running(before, 5).includes(at);
          assert.equal(running(after, 5).includes(at), wanted, `instance ${at}`);
        }
        // Something is wished to run exactly where it says so.
        assert.equal(after.desired === "running", running(after, 5).length > 0);
        assert.ok(after.desired === "running" || after.stopped_instances.length === 0);
      }),
    );
  });
});

describe("wishAfter() on one server of several", () => {
  it("moves that server and no other; the service is stopped when the last one is", () => {
    const servers = ["a", "b", "c"];
    const anyServerAct = fc.record({
      action: fc.constantFrom(...wishActionSchema.options),
      server: fc.option(fc.constantFrom(...servers)),
    });
    fc.assert(
      fc.property(fc.array(anyServerAct), (acts) => {
        let wish: Wish = { desired: "stopped", stopped_instances: [], stopped_servers: [] };
        for (const { action, server } of acts) {
          const before = wish;
          wish = wishAfter(before, action, { index: null, server, servers }, 2);
          const ups = action === "start" || action === "restart";
          const kept = server === null && action === "restart" && before.desired === "running";
          for (const id of servers) {
            const named = !kept && (server === null || server === id);
            assert.equal(desiredOn(wish, id), named ? (ups ? "running" : "stopped") : desiredOn(before, id), id);
          }
          assert.equal(
            wish.desired === "running",
            servers.some((id) => desiredOn(wish, id) === "running"),
          );
        }
      }),
    );
  });

  it("means the service where there is only one", () => {
    const running: Wish = { desired: "running", stopped_instances: [], stopped_servers: [] };
    const stopped = wishAfter(running, "stop", { index: null, server: "a", servers: ["a"] }, 1);
    assert.deepEqual(stopped, { desired: "stopped", stopped_instances: [], stopped_servers: [] });
  });
});

describe("fitWish()", () => {
  it("keeps what is wished of the instances that stay, and wishes new ones to run as the service does", () => {
    const wish: Wish = { desired: "running", stopped_instances: [0, 3], stopped_servers: [] };
    assert.deepEqual(fitWish(wish, 6), wish);
    assert.deepEqual(fitWish(wish, 2), { desired: "running", stopped_instances: [0], stopped_servers: [] });
    assert.deepEqual(fitWish(wish, 1), { desired: "stopped", stopped_instances: [], stopped_servers: [] });
  });
});
