import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { detectStructure } from "./structure.ts";

describe("detectStructure", () => {
  it("reads level, message and fields of a JSON line", () => {
    assert.deepEqual(detectStructure('{"level":"WARN","msg":"slow","took_ms":12,"who":{"id":1}}'), {
      level: "warn",
      message: "slow",
      fields: { took_ms: 12, who: { id: 1 } },
    });
  });

  it("reads pino's numbers and Google's severity", () => {
    assert.deepEqual(detectStructure('{"level":50,"msg":"x"}'), { level: "error", message: "x" });
    assert.deepEqual(detectStructure('{"severity":"CRITICAL","message":"x"}'), { level: "fatal", message: "x" });
  });

  it("keeps a level it does not know as a field", () => {
    assert.deepEqual(detectStructure('{"level":"purple"}'), { fields: { level: "purple" } });
  });

  it("reads logfmt", () => {
    assert.deepEqual(detectStructure('ts=2026-01-01T00:00:00Z level=info msg="hello \\"you\\"" path=/a/b n='), {
      level: "info",
      message: 'hello "you"',
      fields: { ts: "2026-01-01T00:00:00Z", path: "/a/b", n: "" },
    });
  });

  for (const text of [
    "a = b",
    "x=1",
    "PATH=/bin set as x=y was asked",
    '{"a":',
    "{}x",
    "[1,2]",
    "",
    "level=info oops",
    'a="b',
  ]) {
    it(`leaves "${text}" as plain text`, () => assert.equal(detectStructure(text), undefined));
  }

  it("strips control characters that JSON escapes brought back", () => {
    const found = detectStructure(String.raw`{"msg":"\u001b[2Jgone","\u0007k":["\u009b31m"]}`);
    assert.deepEqual(found, { message: "gone", fields: { k: [""] } });
  });

  it("takes __proto__ as a name like others", () => {
    const found = detectStructure('{"__proto__":{"polluted":1},"a":{"__proto__":2}}');
    assert.deepEqual(Object.keys(found?.fields ?? {}), ["__proto__", "a"]);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it("leaves what is nested too deep or has too many fields as text", () => {
    assert.equal(detectStructure(`{"a":${"[".repeat(7000)}${"]".repeat(7000)}}`), undefined);
    assert.equal(detectStructure(Array.from({ length: 300 }, (_, n) => `k${n}=1`).join(" ")), undefined);
  });

  it("never throws, and is quick on any line", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        detectStructure(text);
      }),
    );
    const started = performance.now();
    detectStructure(`a="${'\\"'.repeat(8000)}`);
    detectStructure(`a=${"b".repeat(16_000)}=`);
    assert.ok(performance.now() - started < 1000);
  });
});
