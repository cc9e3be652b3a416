// P7: acknowledged means stored. Four writers, the process killed at random: nothing acknowledged is lost, nothing deleted comes
// back, nothing is there twice. TAILHERD_SOAK_FACTOR=20 makes it 200 rounds.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { openSqliteStore } from "../../src/hub/store/sqlite-store.ts";
import type { Store } from "../../src/hub/store/store.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { times } from "../support/soak.ts";
import { StoreProcess } from "../support/store-process.ts";

const ROUNDS = times(10, 200);
const WRITERS = 4;

/** What one writer knows. A service holds the mark of the write that made it what it is; null: deleted. */
interface Known {
  services: Map<string, string | null>;
  events: Set<string>;
  acknowledged: Set<string>;
  /** Asked when the process died: may have happened or not, but not by half. */
  open: { name: string; op: string; value: string | null } | undefined;
}

describe("a store killed at random under four writers", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-kill-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it(`has lost, resurrected and doubled nothing after ${ROUNDS} kills`, { timeout: ROUNDS * 10_000 }, async () => {
    const file = join(dir, "hub.db");
    const known = Array.from({ length: WRITERS }, (): Known => {
      return { services: new Map(), events: new Set(), acknowledged: new Set(), open: undefined };
    });
    for (let round = 0; round < ROUNDS; round++) {
      await using server = await StoreProcess.start(file);
      const writers = known.map((mine, writer) => write(server, mine, writer, round));
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 120));
      await server.kill();
      await Promise.all(writers);
      const store = await openSqliteStore({ file, clock: systemClock, logger: silentLogger });
      try {
        await compare(store, known);
      } finally {
        await store.close();
      }
    }
    const writes = known.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
    assert.ok(writes >= ROUNDS * WRITERS, `only ${writes} writes were acknowledged, so little was shown`);
  });
});

/** Puts, changes, deletes and reports until the process dies. */
async function write(server: StoreProcess, mine: Known, writer: number, round: number): Promise<void> {
  for (let i = 0; ; i++) {
    const name = `writer ${writer} service ${Math.floor(Math.random() * 6)}`;
    const op = `${writer}.${round}.${i}`;
    const exists = (mine.services.get(name) ?? null) !== null;
    const act = i % 5 === 4 ? "event" : exists && Math.random() < 0.4 ? "delete" : "put";
    const value = act === "put" ? op : null;
    if (act !== "event") mine.open = { name, op, value };
    const reply = await server.request(act, { name, op });
    if (reply === "died") return;
    assert.ok("result" in reply, JSON.stringify(reply));
    if (act === "event") {
      mine.events.add(op);
      continue;
    }
    mine.services.set(name, value);
    if (act === "put") mine.acknowledged.add(op);
    mine.open = undefined;
  }
}

async function compare(store: Store, known: Known[]): Promise<void> {
  const stored = new Map((await store.listServices()).map(({ name, env }) => [name, env.OP ?? ""]));
  for (const mine of known) {
    const { open } = mine;
    if (open !== undefined && (stored.get(open.name) ?? null) === open.value) {
      mine.services.set(open.name, open.value);
      if (open.value !== null) mine.acknowledged.add(open.op);
    }
    mine.open = undefined;
    for (const [name, op] of mine.services) assert.equal(stored.get(name) ?? null, op, name);
    for (const name of mine.services.keys()) stored.delete(name);
  }
  assert.deepEqual([...stored], [], "services that nobody made");
  const marks = await auditMarks(store);
  assert.equal(new Set(marks).size, marks.length, "an act stands in the audit twice");
  const audited = new Set(marks);
  const events = (await store.listEvents({ after: 0, limit: 1_000_000 })).map(({ event }) => event.id);
  assert.equal(new Set(events).size, events.length);
  for (const mine of known) {
    for (const op of mine.acknowledged) assert.ok(audited.has(op), `the audit lacks ${op}`);
    const told = new Set(events);
    for (const op of mine.events) assert.ok(told.has(op), `event ${op} is lost`);
  }
}

async function auditMarks(store: Store): Promise<string[]> {
  const entries = await store.listAudit({ limit: 1_000_000 });
  return entries.flatMap(({ after }) => (after as { env?: { OP: string } } | null)?.env?.OP ?? []);
}
