import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatUptime, HOUR, MIB, MINUTE, parseDuration, parseSize, SECOND } from "./units.ts";

describe("parseDuration()", () => {
  it("reads every unit, and a bare number as seconds", () => {
    assert.equal(parseDuration("500ms"), 500);
    assert.equal(parseDuration("10s"), 10 * SECOND);
    assert.equal(parseDuration("1.5m"), 90 * SECOND);
    assert.equal(parseDuration("2h"), 2 * HOUR);
    assert.equal(parseDuration(" 7 "), 7 * SECOND);
  });

  it("refuses what is not a duration", () => {
    for (const text of ["", "s", "-1s", "1 week", "1s2", "NaN", "1e3"])
      assert.equal(parseDuration(text), undefined, text);
  });
});

describe("parseSize()", () => {
  it("reads binary units in any case", () => {
    assert.equal(parseSize("512M"), 512 * MIB);
    assert.equal(parseSize("512mib"), 512 * MIB);
    assert.equal(parseSize("64k"), 65_536);
    assert.equal(parseSize("100"), 100);
    assert.equal(parseSize("100b"), 100);
  });

  it("refuses what is not a size", () => {
    for (const text of ["", "M", "-1", "12 parsecs", "0x10"]) assert.equal(parseSize(text), undefined, text);
  });
});

describe("formatUptime()", () => {
  it("speaks as the predecessor did", () => {
    assert.equal(formatUptime(3 * MINUTE + 4 * SECOND), "3m 4s");
    assert.equal(formatUptime(5 * HOUR + 2 * MINUTE), "5h 2m");
    assert.equal(formatUptime((2 * 24 + 5) * HOUR + 23 * MINUTE), "2d 5h 23m");
  });

  it("always has one of the three forms, also for clocks that went back", () => {
    fc.assert(
      fc.property(fc.integer({ min: -HOUR, max: 4000 * 24 * HOUR }), (milliseconds) => {
        assert.match(formatUptime(milliseconds), /^(\d+d \d+h \d+m|\d+h \d+m|\d+m \d+s)$/);
      }),
    );
  });
});
