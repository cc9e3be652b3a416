import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../base/clock.ts";
import type { CheckResult } from "../../contract/check-status.ts";
import { forbiddenWords, guardedLookup } from "./addresses.ts";
import { Gate } from "./gate.ts";
import { matcherOf } from "./pattern.ts";
import { Results } from "./results.ts";
import { Wheel } from "./wheel.ts";

describe("matcherOf()", () => {
  it("finds the pieces in their order, as a regular expression would", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(pattern, letters, (pattern, text) => {
        const expected = new RegExp(pattern.replaceAll("*", ".*")).test(text);
        assert.equal(matcherOf(pattern)(text), expected);
      }),
    );
  });

  it("takes everything but the star literally", () => {
    assert.equal(matcherOf("a.c (x)")("see a.c (x) here"), true);
    assert.equal(matcherOf("a.c")("abc"), false);
  });
});

describe("forbiddenWords()", () => {
  it("knows link-local and metadata addresses in all their forms, and no others", () => {
    for (const address of [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "[::ffff:a9fe:a9fe]",
      "64:ff9b::a9fe:a9fe",
      "fe80::1",
      "fe80::1%eth0",
      "fd00:ec2::254",
      "100.100.100.200",
      "224.0.0.1",
    ]) {
      assert.notEqual(forbiddenWords(address), undefined, address);
    }
    for (const address of [
      "127.0.0.1",
      "::1",
      "100.64.0.1",
      "10.0.0.1",
      "fd7a:115c:a1e0::1",
      "localhost",
      "example.org",
    ]) {
      assert.equal(forbiddenWords(address), undefined, address);
    }
  });

  it("is asked after resolution: a number that is such an address is none the better for it", async () => {
    const resolved = (name: string): Promise<string> =>
      new Promise((resolve) => {
        guardedLookup(name, {}, (error, address) => resolve(error === null ? JSON.stringify(address) : error.message));
      });
    assert.match(await resolved("0xa9fea9fe"), /link-local/);
    assert.match(await resolved("localhost"), /^"(?:127\.0\.0\.1|::1)"$/);
  });
});

describe("Results", () => {
  it("keeps the last hundred, oldest first", () => {
    const result = fc.record<CheckResult>(
      {
        at: fc.integer({ min: 0 }),
        ok: fc.boolean(),
        took: fc.integer({ min: 0, max: 10_000 }),
        message: fc.constantFrom(null, "a", "b"),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(result, { maxLength: 250 }), (all) => {
        const results = new Results();
        for (const each of all) results.add(each);
        assert.deepEqual(results.all(), all.slice(-100));
      }),
      { numRuns: 50 },
    );
  });
});

describe("Wheel", () => {
  it("calls each once, at its time or a tenth of a second later, unless it is cancelled", () => {
    const entry = fc.record({ due: fc.integer({ min: 0, max: 5000 }), cancelled: fc.boolean() });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
        const clock = new FakeClock(1000);
        const wheel = new Wheel(clock);
        const called = new Map<number, number>();
        for (const [at, { due, cancelled }] of entries.entries()) {
          const timer = wheel.at(1000 + due, () => {
            assert.ok(!called.has(at));
            called.set(at, clock.now());
          });
          if (cancelled) timer.cancel();
        }
        clock.advance(6000);
        for (const [at, { due, cancelled }] of entries.entries()) {
          const when = called.get(at);
          if (cancelled) assert.equal(when, undefined);
          else assert.ok(when !== undefined && when >= 1000 + due && when <= 1100 + due, `${due}: ${when}`);
        }
      }),
    );
  });

  it("takes what is begun while it turns", () => {
    const clock = new FakeClock(0);
    const wheel = new Wheel(clock);
    const called: number[] = [];
    const again = (): void => {
      called.push(clock.now());
      if (called.length < 3) wheel.at(clock.now() + 500, again);
    };
    wheel.at(50, again);
    clock.advance(2000);
    assert.deepEqual(called, [100, 600, 1100]);
    wheel.at(3000, () => assert.fail("called after the end"));
    wheel.close();
    clock.advance(5000);
  });
});

describe("Gate", () => {
  it("lets in as many as it may, the others in their order, and none that gave up", () => {
    const gate = new Gate(2);
    const begun: string[] = [];
    const enter = (name: string): (() => void) => gate.enter(() => begun.push(name));
    enter("a");
    enter("b");
    enter("c");
    const giveUp = enter("d");
    enter("e");
    assert.deepEqual(begun, ["a", "b"]);
    giveUp();
    gate.leave();
    gate.leave();
    assert.deepEqual(begun, ["a", "b", "c", "e"]);
    gate.leave();
    gate.leave();
    enter("f");
    assert.deepEqual(begun, ["a", "b", "c", "e", "f"]);
  });
});
