import assert from "node:assert/strict";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { DAY, MINUTE, SECOND } from "../../base/units.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { goodCopyPath } from "./database-damage.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { actor, specOfInput, startedEvent, type StoreBench, storeCases } from "./store.cases.ts";
import type { Store } from "./store.ts";
import { taskStoreCases } from "./task-store.cases.ts";

const makeBench = async (): Promise<StoreBench> => {
  const dir = await mkdtemp(join(tmpdir(), "tailherd-store-"));
  return {
    open: (clock) => openSqliteStore({ file: join(dir, "hub.db"), clock, logger: silentLogger }),
    forget: () => rm(dir, { recursive: true }),
  };
};
storeCases("the SQLite store", makeBench);
taskStoreCases("the SQLite store, of tasks", makeBench);

describe("the SQLite store's files", () => {
  let dir: string;
  let file: string;
  let clock: FakeClock;
  let store: Store;
  const absent = { kind: "absent" } as const;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tailherd-store-"));
    file = join(dir, "hub.db");
    clock = new FakeClock(Date.now());
    store = await openSqliteStore({ file, clock, logger: silentLogger });
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  it("are readable by their owner only", async () => {
    await store.putService(specOfInput({ name: "api" }), absent, actor);
    for (const path of [file, `${file}-wal`]) assert.equal((await stat(path)).mode & 0o777, 0o600, path);
  });

  it("backup() writes one standalone file while writes go on, and refuses to overwrite", async () => {
    const copy = join(dir, "copy.db");
    const events = Array.from({ length: 3000 }, (_, i) => startedEvent(`e${i}`, "api", clock.now()));
    await store.appendEvents(events);
    await store.putService(specOfInput({ name: "before" }), absent, actor);
    const copied = store.backup(copy);
    await Promise.all([copied, store.putService(specOfInput({ name: "during" }), absent, actor)]);
    assert.equal((await stat(copy)).mode & 0o777, 0o600);
    assert.ok(!existsSync(`${copy}-wal`));
    using db = new DatabaseSync(copy, { readOnly: true });
    assert.equal(db.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
    assert.equal(db.prepare("SELECT count(*) AS n FROM event").get()?.n, 3000);
    assert.ok(Number(db.prepare("SELECT count(*) AS n FROM service WHERE name = 'before'").get()?.n) === 1);
    await assert.rejects(store.backup(copy), /Cannot write a backup to .*: the file exists/);
    await assert.rejects(store.backup(join(dir, "no", "such", "dir")), /Cannot write a backup to/);
  });

  it("shrink when old history is dropped", async () => {
    const old = clock.now() - 2 * DAY;
    await store.appendEvents(Array.from({ length: 6000 }, (_, i) => startedEvent(`e${i}`, "api", old)));
    clock.advance(6 * SECOND);
    const full = (await stat(file)).size;
    await store.dropHistoryBefore(clock.now() - DAY);
    clock.advance(6 * SECOND);
    assert.ok((await stat(file)).size < full / 4, `${(await stat(file)).size} of ${full} bytes are left`);
  });

  it("are told to be damaged when that is found while it runs, and not taken back by a write that works", async () => {
    await store.appendEvents(Array.from({ length: 20_000 }, (_, i) => startedEvent(`e${i}`, "api", clock.now())));
    await store.close();
    const size = (await stat(file)).size;
    store = await openSqliteStore({ file, clock, logger: silentLogger });
    const junk = await open(file, "r+");
    await junk.write(Buffer.alloc(size / 2, 0xa5), 0, size / 2, size / 4);
    await junk.close();
    await assert.rejects(store.listEvents({ after: 0, limit: 20_000 }), /Cannot read events: the database is damaged/);
    const { ok, problem } = store.health();
    assert.ok(!ok && problem?.includes("the database is damaged"), String(problem));
    await store.recordAudit("kill", "api", actor).catch(() => {});
    assert.ok(!store.health().ok);
  });

  it("move the log into the database some seconds after the last write", async () => {
    await store.putService(specOfInput({ name: "api" }), absent, actor);
    assert.ok((await stat(`${file}-wal`)).size > 0);
    clock.advance(6 * SECOND);
    assert.equal((await stat(`${file}-wal`)).size, 0);
  });

  it("include a good copy, made minutes after a change and not at the start", async () => {
    const good = goodCopyPath(file);
    clock.advance(MINUTE);
    assert.ok(!existsSync(good));
    await store.putService(specOfInput({ name: "api" }), absent, actor);
    clock.advance(5 * MINUTE);
    // close() waits for the copy under way.
    await store.close();
    assert.ok(existsSync(good));
    const made = (await stat(good)).mtimeMs;
    store = await openSqliteStore({ file, clock, logger: silentLogger });
    await store.appendEvents([startedEvent("e", "api", clock.now())]);
    clock.advance(DAY / 2);
    await store.close();
    assert.equal((await stat(good)).mtimeMs, made, "copied without a change");
  });
});
