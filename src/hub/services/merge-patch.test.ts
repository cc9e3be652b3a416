import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mergePatch } from "./merge-patch.ts";

describe("mergePatch()", () => {
  // Cases of RFC 7396, appendix A.
  for (const [target, patch, result] of [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [["a", "b"], ["c"], ["c"]],
    [{ a: "b" }, ["c"], ["c"]],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as const) {
    it(`lays ${JSON.stringify(patch)} over ${JSON.stringify(target)}`, () => {
      assert.deepEqual(mergePatch(target, patch), result);
    });
  }

  it("changes neither side, and is done after once", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        assert.equal(JSON.stringify([target, patch]), before);
        assert.deepEqual(mergePatch(once, patch), once);
      }),
    );
  });

  it("takes __proto__ for a key", () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}')) as object;
    assert.deepEqual(Object.keys(merged), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  });
});
