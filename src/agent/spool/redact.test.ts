import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { allLines, TempSpool, textsOf } from "../../../test/support/spool.ts";
import { MIB } from "../../base/units.ts";
import { Redactor } from "./redact.ts";

/** Secrets that overlap themselves and one another. */
const secret = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 4, maxLength: 9 });
const secrets = fc.array(secret, { minLength: 1, maxLength: 3 });

/** What is to be left of a text: from left to right, the longest first. */
function plainModel(text: string, values: readonly string[]): string {
  const longestFirst = values.toSorted((a, b) => b.length - a.length);
  return text.replaceAll(new RegExp(longestFirst.join("|"), "g"), "•••");
}

function redact(text: string, ...values: string[]): string {
  return Redactor.of(values)?.redact(Buffer.from(text)).toString() ?? text;
}

describe("redacting", () => {
  it("puts a mask for each secret, as a plain model does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n", "é"), maxLength: 200 });
    fc.assert(
      fc.property(text, secrets, (written, values) => {
        assert.equal(redact(written, ...values), plainModel(written, values));
      }),
    );
  });

  it("passes on the very buffer when it holds none, and is nothing when none is declared", () => {
    const data = Buffer.from("nothing to see\n");
    assert.equal(Redactor.of(["hunter2"])?.redact(data), data);
    assert.equal(Redactor.of([]), undefined);
  });

  it("knows a value inside JSON and inside an address, each line of a value of several, and leaves short ones", () => {
    assert.equal(redact('{"p":"say \\"pass\\""}', 'say "pass"'), '{"p":"•••"}');
    assert.equal(redact("postgres://me:p%40ss%2Fword@db", "p@ss/word"), "postgres://me:•••@db");
    assert.equal(redact("first-half\nsecond-half\n", "first-half\r\nsecond-half"), "•••\n•••\n");
    assert.equal(redact("abc\nlonger\n", "abc\nlonger"), "abc\n•••\n");
  });

  it("finds values as long as a variable may be", () => {
    const value = Array.from({ length: 9000 }, (_, index) => index.toString(36)).join("");
    assert.match(redact(`key ${value} end`, value), /^key (?:•••)+ end$/);
  });
});

describe("a log with secrets", () => {
  type Step = { text: string } | "drain" | "crash";
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), maxLength: 30 }),
    // Lines above the limit are cut, and not inside a secret.
    fc
      .tuple(fc.integer({ min: 1, max: 20_000 }), fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 }))
      .map(([length, end]) => "c".repeat(length) + end),
    fc.integer({ min: 1, max: 9000 }).map((count) => "ab".repeat(count)),
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ text }) },
    { weight: 3, arbitrary: fc.constant("drain" as const) },
    { weight: 1, arbitrary: fc.constant("crash" as const) },
  );

  it("keeps no secret, however it was written and read, and all else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), secrets, async (steps, values) => {
        let spool = new TempSpool();
        let log = await spool.open({ maxSize: 64 * MIB });
        log.redact(values);
        let written = "";
        for (const each of steps) {
          if (each === "drain") await log.drain();
          else if (each === "crash") {
            const left = spool.copy();
            await log.close();
            spool[Symbol.dispose]();
            spool = left;
            log = await spool.open({ maxSize: 64 * MIB });
          } else {
            spool.write("stdout", each.text);
            written += each.text;
          }
        }
        await log.settle();
        const lines = await allLines(log);
        const glued = lines.map(({ text: line, cut }) => (cut ? line : `${line}\n`)).join("");
        const ended = written === "" || written.endsWith("\n") ? written : `${written}\n`;
        assert.equal(glued, plainModel(ended, values));
        await log.close();
        spool[Symbol.dispose]();
      }),
      { numRuns: 150 },
    );
  });

  it("hides a value that straddles two reads, and goes on after the agent was restarted", async () => {
    using spool = new TempSpool();
    const log = await spool.open();
    log.redact(["hunter2-is-it"]);
    spool.write("stdout", "token=hunter2");
    await log.drain();
    await log.close();
    spool.write("stdout", "-is-it!\n");
    await using again = await spool.open();
    await again.drain();
    assert.deepEqual(textsOf(await again.lastLines(9), "stdout"), ["token=•••!"]);
    const segments = readdirSync(spool.logDir).map((name) => readFileSync(join(spool.logDir, name), "utf8"));
    assert.ok(!segments.join("").includes("hunter2"));
    assert.equal(statSync(join(spool.runDir, "output-secrets")).mode & 0o777, 0o600);
  });

  it("still hides the value of the start before, and remembers nothing when none is declared any more", async () => {
    using spool = new TempSpool();
    await using log = await spool.open();
    log.redact(["old-value"]);
    log.redact(["new-value"]);
    spool.write("stdout", "old-value new-value\n");
    await log.drain();
    log.redact([]);
    log.redact([]);
    spool.write("stdout", "new-value\n");
    await log.drain();
    assert.deepEqual(textsOf(await log.lastLines(9), "stdout"), ["••• •••", "new-value"]);
    assert.ok(!existsSync(join(spool.runDir, "output-secrets")));
  });
});
