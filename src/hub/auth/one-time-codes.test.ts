import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { FailureLimit } from "./failure-limit.ts";
import { OneTimeCodes } from "./one-time-codes.ts";

describe("OneTimeCodes", () => {
  it("count once, and not after their time", () => {
    const clock = new FakeClock();
    const codes = new OneTimeCodes<string>(clock, 1000);
    const { code } = codes.make("admin");
    assert.equal(codes.use(`${code}x`), undefined);
    assert.equal(codes.use(code), "admin");
    assert.equal(codes.use(code), undefined);
    const late = codes.make("admin");
    clock.advance(1000);
    assert.equal(codes.use(late.code), undefined);
  });

  it("are bounded: the oldest goes", () => {
    const codes = new OneTimeCodes<number>(new FakeClock(), 1000);
    const made = Array.from({ length: 1001 }, (_, i) => codes.make(i).code);
    assert.equal(codes.use(made[0] ?? ""), undefined);
    assert.equal(codes.use(made[1000] ?? ""), 1000);
  });
});

describe("FailureLimit", () => {
  it("counts each address by itself, and forgets after a minute", () => {
    const clock = new FakeClock();
    const limit = new FailureLimit(clock, 2);
    limit.count("a");
    assert.equal(limit.isExhausted("a"), false);
    limit.count("a");
    assert.deepEqual([limit.isExhausted("a"), limit.isExhausted("b")], [true, false]);
    clock.advance(60_000);
    assert.equal(limit.isExhausted("a"), false);
  });
});
