import assert from "node:assert/strict";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TempSpool, allLines, numbered, textsOf } from "../../../test/support/spool.ts";
import { KIB, MIB } from "../../base/units.ts";
import type { OutputLog } from "./output-log.ts";

describe("a kill of the agent", () => {
  type Step =
    | { act: "write"; stream: "stdout" | "stderr"; text: string }
    | { act: "drain" | "note" | "settle" | "crash" | "crash before the truncation is recorded" }
    | { act: "crash in a write"; tear: number };
  const text = fc.oneof(
    fc.array(fc.string({ unit: fc.constantFrom("a", "é", "0") }), { maxLength: 8 }).map((lines) => lines.join("\n")),
    fc.constant("\n"),
    fc.integer({ min: 1, max: 40 * KIB }).map((length) => "z".repeat(length)),
    fc.integer({ min: 1, max: 2000 }).map((count) => numbered(0, count)),
  );
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ act: fc.constant("write" as const), stream: fc.constantFrom("stdout", "stderr"), text }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constantFrom("drain", "note", "settle", "crash", "crash before the truncation is recorded"),
      }),
    },
    { weight: 2, arbitrary: fc.record({ act: fc.constant("crash in a write" as const), tear: fc.nat(5000) }) },
  );

  it("after the files were emptied reads the new generation from its start, however much it wrote", async () => {
    using spool = new TempSpool();
    const log = await spool.open();
    spool.write("stdout", "a\n");
    await log.settle();
    spool.write("stdout", "longer than before\nand more\n");
    using left = spool.copy();
    await log.close();
    await using again = await left.open();
    await again.drain();
    assert.deepEqual(textsOf(await allLines(again), "stdout"), ["a", "longer than before", "and more"]);
  });

  it("at any point loses no line and doubles none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const run = await LoggedRun.start();
        try {
          for (const each of steps) await run.take(each);
          await run.check();
        } finally {
          await run.close();
        }
      }),
      { numRuns: 200 },
    );
  });

  /** A log beside the plain model of what it must hold. */
  class LoggedRun {
    private spool: TempSpool;
    private log: OutputLog;
    private notes = 0;
    /** All that was written to each stream; settling ends an unfinished line. */
    private readonly written = { stdout: "", stderr: "" };

    private constructor(spool: TempSpool, log: OutputLog) {
      this.spool = spool;
      this.log = log;
    }

    static async start(): Promise<LoggedRun> {
      const spool = new TempSpool();
      return new LoggedRun(spool, await spool.open({ maxSize: 64 * MIB }));
    }

    async take(step: Step): Promise<void> {
      if (step.act === "write") {
        this.spool.write(step.stream, step.text);
        this.written[step.stream] += step.text;
      } else if (step.act === "drain") await this.log.drain();
      else if (step.act === "note") this.log.note(`note ${this.notes++}`);
      else if (step.act === "settle") {
        await this.log.settle();
        this.endLines();
      } else if (step.act === "crash") await this.crash(() => {});
      else if (step.act === "crash in a write") {
        // The log as it was, and then the first bytes of the block it was about to write.
        using before = this.spool.copy();
        await this.log.drain();
        await this.crash((left) => tearNewest(before, left, step.tear));
      } else {
        await this.log.drain({ final: true });
        this.endLines();
        await this.crash((left) => {
          for (const name of ["stdout", "stderr"]) truncateSync(join(left.runDir, name), 0);
        });
      }
    }

    async check(): Promise<void> {
      await this.log.settle();
      this.endLines();
      const lines = await allLines(this.log);
      for (const stream of ["stdout", "stderr"] as const) {
        const glued = lines
          .filter((line) => line.stream === stream)
          .map((line) => (line.cut ? line.text : `${line.text}\n`));
        assert.equal(glued.join(""), this.written[stream]);
      }
      assert.deepEqual(
        textsOf(lines, "tailherd"),
        Array.from({ length: this.notes }, (_, n) => `note ${n}`),
      );
    }

    async close(): Promise<void> {
      await this.log.close();
      this.spool[Symbol.dispose]();
    }

    private endLines(): void {
      for (const stream of ["stdout", "stderr"] as const) {
        const text = this.written[stream];
        if (text !== "" && !text.endsWith("\n")) this.written[stream] += "\n";
      }
    }

    private async crash(damage: (left: TempSpool) => void): Promise<void> {
      const left = this.spool.copy();
      damage(left);
      await this.close();
      this.spool = left;
      this.log = await left.open({ maxSize: 64 * MIB });
    }
  }
});

/** Leaves `tear` bytes (at most all) of what `left` has in its newest segment beyond `before`. */
function tearNewest(before: TempSpool, left: TempSpool, tear: number): void {
  const name = readdirSync(left.logDir).toSorted().at(-1);
  if (name === undefined) return;
  const sizeBefore = readdirSync(before.logDir).includes(name) ? statSync(join(before.logDir, name)).size : 0;
  const size = statSync(join(left.logDir, name)).size;
  truncateSync(join(left.logDir, name), Math.min(size, sizeBefore + tear));
}
