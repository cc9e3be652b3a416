import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseNotices, STATUS_MAX } from "./notice.ts";

const known = fc.constantFrom(
  { line: "READY=1", says: "ready" },
  { line: "RELOADING=1", says: "reloading" },
  { line: "STOPPING=1", says: "stopping" },
  { line: "WATCHDOG=1", says: "alive" },
  { line: "WATCHDOG=trigger", says: "trigger" },
);
const unknown = fc.oneof(
  fc.constantFrom(
    "MAINPID=1",
    "FDSTORE=1",
    "READY=0",
    "READY=1 ",
    " READY=1",
    "WATCHDOG_USEC=1",
    "ready=1",
    "",
    "=",
    "constructor",
  ),
  fc.string({ maxLength: 20 }).map((text) => `X_${text.replaceAll("\n", "")}`),
);
const anything = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));

describe("parseNotices()", () => {
  it("finds what it knows, in its order, among what it does not, with or without a last new line", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(known, unknown)), fc.constantFrom("", "\n"), (lines, end) => {
        const datagram = lines.map((line) => (typeof line === "string" ? line : line.line)).join("\n") + end;
        const expected = lines.flatMap((line) => (typeof line === "string" ? [] : [line.says]));
        assert.deepEqual(
          parseNotices(datagram).map(({ says }) => says),
          expected,
        );
      }),
    );
  });

  it("never fails, and never shows more than a short line without control characters", () => {
    fc.assert(
      fc.property(anything, anything, (before, text) => {
        for (const notice of parseNotices(`${before}\nSTATUS=${text}`)) {
          if (notice.says !== "status" || notice.text === null) continue;
          assert.ok(Array.from(notice.text).length <= STATUS_MAX);
          assert.doesNotMatch(notice.text, /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
          assert.equal(notice.text, notice.text.trim());
        }
      }),
    );
  });

  it("takes the colours and the directions out of a STATUS, and takes an empty one as none", () => {
    const esc = String.fromCharCode(27);
    const texts = [
      `STATUS=${esc}[31mred${esc}[0m\tis\r \u202Ered`,
      "STATUS=",
      "STATUS= \t",
      "STATUS=a=b",
      "STATUS=10 % ❤",
    ];
    assert.deepEqual(
      texts.flatMap(parseNotices).map((notice) => notice.says === "status" && notice.text),
      ["red is red", null, null, "a=b", "10 % ❤"],
    );
  });
});
