import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../base/clock.ts";
import { HOUR } from "../../base/units.ts";
import type { JournalEntry, JournalRecord } from "../../contract/link.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { Journal, type JournalOptions } from "./journal.ts";

let directory: string;
let clock: FakeClock;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tailherd-journal-"));
  clock = new FakeClock();
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (options: Partial<JournalOptions> = {}): Journal =>
  new Journal({ directory, clock, logger: silentLogger, ...options });
const reading = (at: number): JournalRecord => ({ kind: "reading", reading: { at, values: {}, samples: [] } });
const told = (entries: JournalEntry[]): (number | string)[] =>
  entries.map((entry) => (entry.kind === "reading" ? entry.reading.at : `${entry.kind} to ${entry.seq}`));
const all = (journal: Journal): (number | string)[] => told(journal.read(0, 10_000, Number.POSITIVE_INFINITY));

describe("Journal", () => {
  it("keeps what is not confirmed, in order, also for the agent after this one", () => {
    const journal = open();
    for (const at of [1, 2, 3]) journal.append(reading(at));
    journal.confirm(1);
    assert.deepEqual(all(journal), [2, 3]);
    journal.close();
    const next = open();
    assert.equal(next.id, journal.id);
    // What was confirmed may be told again, from the same file; what was not is never missing.
    assert.deepEqual(all(next).slice(-2), [2, 3]);
    assert.equal(next.append(reading(4)), 4);
    next.close();
  });

  it("gives every number once, whatever is confirmed, reopened and appended", () => {
    const act = fc.oneof(
      fc.record({ act: fc.constant("append" as const), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ act: fc.constant("confirm" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ act: fc.constant("reopen" as const) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        rmSync(directory, { recursive: true });
        let journal = open({ segmentBytes: 2000 });
        let appended = 0;
        let confirmed = 0;
        for (const step of acts) {
          if (step.act === "append") {
            for (let i = 0; i < step.count; i += 1) assert.equal(journal.append(reading(++appended)), appended);
          } else if (step.act === "confirm") {
            confirmed = Math.max(confirmed, Math.floor(appended * step.share));
            journal.confirm(confirmed);
          } else {
            journal.close();
            journal = open({ segmentBytes: 2000 });
          }
          const kept = told(journal.read(confirmed, 10_000, Number.POSITIVE_INFINITY));
          assert.deepEqual(
            kept,
            Array.from({ length: appended - confirmed }, (_, at) => confirmed + at + 1),
          );
        }
        journal.close();
      }),
      { numRuns: 60 },
    );
  });

  it("stays below its bounds, and tells how many entries it dropped", () => {
    const journal = open({ segmentBytes: 1000, maxBytes: 5000 });
    for (let at = 1; at <= 500; at += 1) journal.append(reading(at));
    const [first, second] = all(journal);
    assert.match(String(first), /^dropped to \d+$/);
    assert.equal(second, Number(/\d+/.exec(String(first))?.[0]) + 1);
    assert.equal(all(journal).at(-1), 500);
    const bytes = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    assert.ok(bytes < 7000, `${bytes}`);
    journal.close();
  });

  it("drops what is older than a day", () => {
    const journal = open({ segmentBytes: 300 });
    for (let at = 1; at <= 10; at += 1) journal.append(reading(at));
    clock.advance(25 * HOUR);
    for (let at = 11; at <= 20; at += 1) journal.append(reading(at));
    assert.equal(all(journal).at(-1), 20);
    assert.match(String(all(journal)[0]), /^dropped to /);
    journal.close();
  });

  it("reads on over torn and damaged lines, and tells them as lost", () => {
    const journal = open();
    for (const at of [1, 2, 3]) journal.append(reading(at));
    journal.close();
    const [segment = ""] = readdirSync(directory).filter((name) => name.endsWith(".jsonl"));
    appendFileSync(join(directory, segment), '{"kind":"reading","seq":4,"rea');
    const next = open();
    assert.deepEqual(all(next), [1, 2, 3]);
    next.close();
    writeFileSync(join(directory, segment), "not json\nnull\n7\n");
    const emptied = open();
    assert.deepEqual(all(emptied), []);
    assert.notEqual(emptied.id, journal.id, "its numbers begin anew, so it is another journal");
    emptied.close();
  });
});
