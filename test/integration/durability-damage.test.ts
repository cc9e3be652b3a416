// P8: damaged state never hangs and never lies. Every file of the store is emptied, halved and overwritten; then the store is up
// with what was acknowledged, or refuses in words that name the file, keeps it, and offers the last good copy.
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { FakeClock, systemClock } from "../../src/base/clock.ts";
import { MINUTE, SECOND } from "../../src/base/units.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import { goodCopyPath } from "../../src/hub/store/database-damage.ts";
import { databasePath } from "../../src/hub/store/database-file.ts";
import { SCHEMA_VERSION } from "../../src/hub/store/migrations.ts";
import { restoreBackup } from "../../src/hub/store/restore.ts";
import { openSqliteStore } from "../../src/hub/store/sqlite-store.ts";
import { actor, specOfInput } from "../../src/hub/store/store.cases.ts";
import type { Store } from "../../src/hub/store/store.ts";
import { openDataDir } from "../../src/runtime/data-dir.ts";
import { silentLogger } from "../../src/runtime/logger.ts";

const NAMES = Array.from({ length: 30 }, (_, i) => `service ${i}`);
const LATE = "only in the log";

/** Deterministic bytes that are neither text nor zeros. */
function junk(size: number): Buffer {
  const buffer = Buffer.alloc(size);
  for (let i = 0; i < size; i++) buffer[i] = (i * 2_654_435_761 + 17) >>> 13;
  return buffer;
}

const damages: Record<string, (file: string) => void> = {
  emptied: (file) => truncateSync(file, 0),
  halved: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  "cut by one byte": (file) => truncateSync(file, statSync(file).size - 1),
  "overwritten with junk": (file) => writeFileSync(file, junk(statSync(file).size)),
  "overwritten with text": (file) => writeFileSync(file, "hello\n"),
  "overwritten in its middle": (file) => {
    const content = readFileSync(file);
    content.set(junk(Math.floor(content.length / 3)), Math.floor(content.length / 3));
    writeFileSync(file, content);
  },
};

describe("damaged state", () => {
  let template: string;
  let dir: string;
  let file: string;

  before(async () => {
    // A directory as a kill leaves it: the database, a good copy, and a log that holds the last change.
    template = mkdtempSync(join(tmpdir(), "tailherd-damage-"));
    const clock = new FakeClock(Date.now());
    const target = databasePath(template);
    const store = await open(target, clock);
    for (const name of NAMES) await put(store, name);
    clock.advance(5 * MINUTE);
    await store.close();
    const late = await open(target);
    await put(late, LATE);
    const crashed = mkdtempSync(join(tmpdir(), "tailherd-damage-"));
    cpSync(template, crashed, { recursive: true });
    await late.close();
    rmSync(template, { recursive: true });
    template = crashed;
    assert.deepEqual(readdirSync(template).sort(), ["hub.db", "hub.db-wal", "hub.db.good"]);
  });
  after(() => rmSync(template, { recursive: true }));

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-damage-"));
    cpSync(template, dir, { recursive: true });
    file = databasePath(dir);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is not seen where there is none", async () => {
    const store = await open(file);
    assert.deepEqual(await namesIn(store), [...NAMES, LATE]);
    await store.close();
  });

  for (const [how, damage] of Object.entries(damages)) {
    it(
      `of the database (${how}) is refused by name, kept, and mended by the good copy`,
      { timeout: 15 * SECOND },
      async () => {
        damage(file);
        const damaged = readFileSync(file);
        // What was cut off may stand in the log whole: then nothing is lost, and it is up.
        const up = await open(file).catch((error: unknown) => error);
        if (!(up instanceof Error)) {
          assert.equal(how, "cut by one byte");
          assert.deepEqual(await namesIn(up as Store), [...NAMES, LATE]);
          return (up as Store).close();
        }
        assert.ok(up instanceof TailherdError, String(up));
        const words = up.message;
        assert.ok(words.startsWith(`Cannot open the hub's database ${file}: `), words);
        const kept = readdirSync(dir).find((name) => /^hub\.db\.damaged-\d{8}T\d{6}Z$/.test(name));
        assert.ok(kept !== undefined && words.includes(`the damaged file is kept at ${join(dir, kept)};`), words);
        assert.ok(readFileSync(join(dir, kept)).equals(damaged));
        assert.ok(existsSync(join(dir, `${kept}-wal`)));
        assert.match(words, /the last good copy is of 2\S+Z: run `tailherd restore \S+hub\.db\.good`/);

        const again = await refusal(file);
        assert.match(again, /it is missing, but this directory has held one \(damaged, kept at .*tailherd restore/);

        const restored = restoreBackup({ file: goodCopyPath(file), dataDir: dir, clock: systemClock });
        assert.deepEqual([restored.services, restored.kept], [NAMES.length, null]);
        const store = await open(file);
        assert.deepEqual(await namesIn(store), NAMES);
        await store.close();
      },
    );

    it(
      `of its log (${how}) costs nothing that was moved into the database, or is refused by name`,
      { timeout: 15 * SECOND },
      async () => {
        damage(`${file}-wal`);
        const store = await open(file).catch((error: unknown) => error);
        if (store instanceof TailherdError) {
          assert.match(store.message, /its log \S+hub\.db-wal, with the latest changes, is not an SQLite log/);
          assert.match(store.message, /kept at .*restore/);
          return;
        }
        const names = await namesIn(store as Store);
        assert.deepEqual(names.slice(0, NAMES.length), NAMES);
        await (store as Store).close();
      },
    );

    it(`of the good copy (${how}) is never put in place`, { timeout: 15 * SECOND }, async () => {
      const good = goodCopyPath(file);
      damage(good);
      assert.throws(
        () => restoreBackup({ file: good, dataDir: dir, clock: systemClock }),
        (error) =>
          error instanceof TailherdError && error.message.startsWith(`Cannot restore ${good}: it is damaged (`),
      );
      const store = await open(file);
      assert.deepEqual(await namesIn(store), [...NAMES, LATE]);
      await store.close();
    });
  }

  it("inside a definition's text is found, although the pages are whole", async () => {
    edit(file, `UPDATE service SET spec = '~~~~' || substr(spec, 5) WHERE name = 'service 7'`);
    assert.match(await refusal(file), /a stored definition cannot be read; the damaged file is kept at/);
  });

  it("of a directory whose database was deleted is not answered with an empty one", async () => {
    for (const name of ["hub.db", "hub.db-wal"]) rmSync(join(dir, name));
    assert.match(
      await refusal(file),
      /it is missing.*the last good copy is of .*to begin with an empty hub instead, move \S+\.good elsewhere/,
    );
    rmSync(goodCopyPath(file));
    const store = await open(file);
    assert.deepEqual(await namesIn(store), []);
    await store.close();
  });

  it("is not what a newer program's database or a stranger's is: those stay where they are", async () => {
    const store = await open(file);
    await store.close();
    edit(file, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    assert.match(await refusal(file), new RegExp(`a newer tailherd wrote it \\(format ${SCHEMA_VERSION + 1},`));
    edit(file, "PRAGMA application_id = 1");
    assert.match(await refusal(file), /it is an SQLite database, but not tailherd's/);
    assert.ok(existsSync(file));
  });

  it("of a half-made database, left by a kill at the first start, is made anew", async () => {
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
    writeFileSync(`${file}.new`, "half");
    const store = await open(file);
    assert.deepEqual(await namesIn(store), []);
    await store.close();
    assert.ok(!readdirSync(dir).some((name) => name.includes(".new")));
  });
});

describe("restoreBackup()", () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-restore-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("puts a backup in place, keeps what stood there, and ends the backup's sessions", async () => {
    const file = databasePath(dir);
    const store = await open(file);
    await put(store, "saved");
    const session = {
      secret_hash: "s",
      name: "session",
      role: "admin",
      created_at: 0,
      expires_at: Date.now() + MINUTE,
    } as const;
    await store.createSession(session, actor);
    const copy = join(dir, "backup.db");
    await store.backup(copy);
    await put(store, "later");
    // Killed, not closed: the latest change stands in the log only.
    const crashed = mkdtempSync(join(tmpdir(), "tailherd-restore-"));
    cpSync(dir, crashed, { recursive: true });
    await store.close();
    try {
      const restored = restoreBackup({ file: join(crashed, "backup.db"), dataDir: crashed, clock: systemClock });
      assert.equal(restored.services, 1);
      assert.ok(restored.last_change !== null && restored.kept !== null);
      const now = await open(databasePath(crashed));
      assert.deepEqual(await namesIn(now), ["saved"]);
      assert.equal(await now.findSession("s"), undefined);
      await now.close();
      const before = await open(restored.kept);
      assert.deepEqual(await namesIn(before), ["saved", "later"]);
      await before.close();
    } finally {
      rmSync(crashed, { recursive: true });
    }
  });

  it("is refused while a hub runs on the directory, naming its pid", async () => {
    const store = await open(databasePath(dir));
    const copy = join(dir, "backup.db");
    await store.backup(copy);
    await store.close();
    using _held = openDataDir(dir);
    assert.throws(
      () => restoreBackup({ file: copy, dataDir: dir, clock: systemClock }),
      (error) =>
        error instanceof TailherdError && error.code === "refused" && error.message.includes(`pid ${process.pid}`),
    );
  });

  it("refuses what is missing or not a database of ours, and changes nothing", async () => {
    const file = databasePath(dir);
    const store = await open(file);
    await put(store, "stays");
    await store.close();
    const stranger = join(dir, "stranger.db");
    edit(stranger, "CREATE TABLE t (a)");
    for (const [path, words] of [
      [join(dir, "nothing"), /there is no such file/],
      [stranger, /not tailherd's/],
    ] as const) {
      assert.throws(() => restoreBackup({ file: path, dataDir: dir, clock: systemClock }), words);
    }
    const again = await open(file);
    assert.deepEqual(await namesIn(again), ["stays"]);
    await again.close();
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.startsWith(basename(file))),
      ["hub.db"],
    );
  });
});

function open(file: string, clock = systemClock): Promise<Store> {
  return openSqliteStore({ file, clock, logger: silentLogger });
}

async function put(store: Store, name: string): Promise<void> {
  const spec = specOfInput({ name, env: { FILLER: name.repeat(40) } });
  const { outcome } = await store.putService(spec, { kind: "absent" }, actor);
  assert.equal(outcome, "stored");
}

async function namesIn(store: Store): Promise<string[]> {
  return (await store.listServices()).map(({ name }) => name);
}

async function refusal(file: string): Promise<string> {
  const opened = await open(file).catch((error: unknown) => error);
  if (opened instanceof TailherdError) return opened.message;
  if (opened instanceof Error) throw opened;
  await (opened as Store).close();
  throw new Error("It was not refused");
}

function edit(file: string, sql: string): void {
  using db = new DatabaseSync(file);
  db.exec(sql);
}
