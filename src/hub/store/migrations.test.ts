import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import { settingsSchema } from "../../contract/settings.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { migrate, MIGRATIONS, SCHEMA_VERSION, schemaVersion } from "./migrations.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** One for each version that was released, as `.dump` of a database with a row of everything; never edited afterwards. */
const fixtures = join(import.meta.dirname, "../../../test/fixtures/databases");
const released = readdirSync(fixtures)
  .map((name) => Number(/^v(\d+)\.sql$/.exec(name)?.[1]))
  .sort((a, b) => a - b);

describe("migrations", () => {
  let dir: string;
  let file: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-migrate-"));
    file = join(dir, "hub.db");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const load = (version: number): void => {
    using db = new DatabaseSync(file);
    db.exec(readFileSync(join(fixtures, `v${version}.sql`), "utf8"));
    assert.equal(schemaVersion(db), version);
  };

  it("have a fixture for each version", () => {
    assert.deepEqual(
      released,
      MIGRATIONS.map((_, i) => i + 1),
    );
  });

  for (const version of released) {
    it(`bring a database of version ${version} to ${SCHEMA_VERSION} with everything in it`, async () => {
      load(version);
      const store = await openSqliteStore({ file, clock: new FakeClock(), logger: silentLogger });
      try {
        const records = await store.listServices();
        assert.deepEqual(
          records.map(({ name, revision, desired, owner }) => [name, revision, desired, owner]),
          [
            ["Müllwerk worker 2", 2, "running", null],
            ["api", 1, "stopped", "/srv/tailherd.yaml"],
          ],
        );
        assert.deepEqual(
          records.map(({ stopped_instances }) => stopped_instances),
          version < 2 ? [[], []] : [[1], []],
        );
        assert.deepEqual((await store.getRevision("Müllwerk worker 2", 1))?.ports, []);
        assert.deepEqual((await store.getRevision("Müllwerk worker 2", 2))?.ports, [8000]);
        assert.equal((await store.getSettings()).update_interval_seconds, 7);
        const nightly = { name: "nightly", cron_expression: "30 2 * * *", action: "restart", service_name: "api" };
        assert.deepEqual((await store.getSettings()).scheduled_tasks, [{ ...nightly, enabled: true }]);
        assert.equal((await store.listTasks())[0]?.spec.catch_up, "last");
        assert.equal((await store.lastRuns())[0]?.outcome, version < 4 ? undefined : "done");
        assert.equal((await store.listServers())[0]?.name, "nas");
        assert.equal((await store.listEvents({ after: 0, limit: 10 })).length, 2);
        assert.equal((await store.listExits("api", 10))[0]?.message, "exit 3");
        assert.equal((await store.listAudit({ limit: 10 })).length, 8);
        assert.equal((await store.listTokens())[0]?.name, "ci");
        assert.equal((await store.findSession("hash of s1"))?.role, "admin");
      } finally {
        await store.close();
      }
    });
  }

  it("come to the same schema as a new database, from each version", () => {
    const schemaOf = (db: DatabaseSync): unknown =>
      db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
    using fresh = new DatabaseSync(":memory:");
    migrate(fresh);
    for (const version of released) {
      rmSync(file, { force: true });
      load(version);
      using db = new DatabaseSync(file);
      migrate(db);
      assert.deepEqual(schemaOf(db), schemaOf(fresh), `version ${version}`);
    }
  });

  it("are added when a stored document gets a field: what the newest version stores needs no filling in", () => {
    load(SCHEMA_VERSION);
    using db = new DatabaseSync(file);
    for (const { spec } of db.prepare("SELECT spec FROM service UNION ALL SELECT spec FROM service_revision").all()) {
      const stored = JSON.parse(String(spec)) as unknown;
      assert.deepEqual(serviceSpecSchema.parse(stored), stored, "append a migration (see migrations.ts)");
    }
    const { body } = db.prepare("SELECT body FROM document WHERE name = 'settings'").get() ?? {};
    const stored = JSON.parse(String(body)) as unknown;
    assert.deepEqual(settingsSchema.parse(stored), stored, "append a migration (see migrations.ts)");
  });

  it("leave the database as it was when one fails", () => {
    load(SCHEMA_VERSION);
    using db = new DatabaseSync(file);
    db.exec("PRAGMA user_version = 0"); // as if its tables were to be made again
    assert.throws(() => migrate(db), /already exists/);
    assert.ok(!db.isTransaction);
    assert.equal(schemaVersion(db), 0);
  });
});
