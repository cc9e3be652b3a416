import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rollingOptionsSchema } from "../../contract/rollout.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import { readRolling, ROLLING_DEFAULTS, rollingWords, shareOf, type Share } from "./rolling-form.ts";

const share = (count: number, ...servers: string[]): Share => ({ count, servers });
const options = (more: object) => rollingOptionsSchema.parse(more);

describe("the form of a rolling restart", () => {
  it("begins with the hub's own defaults", () => {
    assert.deepEqual(readRolling(ROLLING_DEFAULTS), { options: rollingOptionsSchema.parse({}), errors: {} });
  });

  it("agrees with the hub on what is wrong", () => {
    const amounts = fc.constantFrom("1", "25%", " 10 % ", "100%", "0", "101%", "", "x", "1.5", "9999", "10000", "-1");
    const times = fc.constantFrom("0", "5", "5s", "2m", "1.5", "x", "", "1h", "2h", "-3");
    fc.assert(
      fc.property(amounts, amounts, times, times, (batch, max_unavailable, stable, timeout) => {
        const { options: read, errors } = readRolling({ batch, max_unavailable, stable, timeout, rollback: false });
        if (read === null) assert.notDeepEqual(errors, {});
        else assert.ok(rollingOptionsSchema.safeParse(read).success, JSON.stringify(read));
      }),
    );
    assert.match(readRolling({ ...ROLLING_DEFAULTS, batch: "half" }).errors.batch ?? "", /share like/);
    assert.match(readRolling({ ...ROLLING_DEFAULTS, timeout: "5s" }).errors.timeout ?? "", /longer/);
  });

  it("says what will happen", () => {
    const four = share(20, "a", "b", "c", "d");
    assert.equal(
      rollingWords([four], options({ batch: 2 })),
      "20 instances on 4 servers, 2 at a time, each ready for 5 s before the next: at least 50 s.",
    );
    assert.equal(
      rollingWords([four], options({ batch: "25%", max_unavailable: 1, stable: 10 })),
      "20 instances on 4 servers, 1 at a time, each ready for 10 s before the next: at least 3 min 20 s.",
    );
    assert.equal(
      rollingWords([share(8, "a"), share(0), share(3, "b")], options({ batch: "50%" })),
      "11 instances of 2 services on 2 servers, one service after the other, 1 to 4 at a time, each ready for 5 s before the next: at least 25 s.",
    );
    assert.match(rollingWords([share(0)], options({})), /^Nothing of it should run/);
  });

  it("counts what should run", () => {
    const at = (server_id: string, index: number, state = "running") => ({ server_id, index, state });
    const status = (more: object): ServiceStatus =>
      ({
        desired: "running",
        stopped_instances: [],
        stopped_servers: [],
        instances: [at("a", 0), at("a", 1), at("b", 0), at("b", 1, "exited")],
        ...more,
      }) as unknown as ServiceStatus;
    assert.deepEqual(shareOf(status({})), { count: 3, servers: ["a", "b"] });
    assert.deepEqual(shareOf(status({ stopped_servers: ["b"] })), { count: 2, servers: ["a"] });
    assert.deepEqual(shareOf(status({ stopped_instances: [1] })), { count: 2, servers: ["a", "b"] });
    assert.equal(shareOf(status({ desired: "stopped" })).count, 0);
  });
});
