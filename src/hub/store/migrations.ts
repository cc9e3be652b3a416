// The hub's database, version by version. Only ever append: what was released is never edited, and there is no way back.
//
// A new field in a stored JSON document (service, settings) needs a version too, be its SQL empty: only a migration runs the
// documents through the contract's schemas, which fills the field's default in. A test holds the newest fixture to that.
import type { DatabaseSync } from "node:sqlite";
import { serviceSpecSchema } from "../../contract/service.ts";
import { settingsSchema } from "../../contract/settings.ts";
import { knownFields, taskSpecSchema, unknownFields } from "../../contract/task.ts";
import { freeName, fromLegacyServer } from "./legacy-server.ts";

/** "THrd": marks the file as ours in its header (PRAGMA application_id). */
export const APPLICATION_ID = 0x54487264;

/** SQL that leads from version i to i + 1; the version is PRAGMA user_version. */
export const MIGRATIONS: readonly string[] = [
  `
  -- What people defined. JSON of a ServiceSpec in spec; times are Unix milliseconds everywhere.
  CREATE TABLE service (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- order in which they were added
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,             -- counts saved versions from 1
    spec TEXT NOT NULL,
    desired TEXT NOT NULL CHECK (desired IN ('running', 'stopped')),
    owner TEXT,                            -- the file whose apply owns it
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  -- The last 50 saved versions of each service, the current one included.
  CREATE TABLE service_revision (
    service TEXT NOT NULL REFERENCES service (name) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    spec TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (service, revision)
  ) STRICT, WITHOUT ROWID;

  -- Single documents as JSON: 'settings', 'legacy_servers'.
  CREATE TABLE document (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What happened. seq is never given twice: it is the Last-Event-ID of clients.
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,               -- made by the teller; telling it twice stores it once
    at INTEGER NOT NULL,
    service TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL                     -- JSON of the whole event
  ) STRICT;
  CREATE INDEX event_service ON event (service, seq);
  CREATE INDEX event_exit ON event (service, seq) WHERE type = 'instance.exited';
  CREATE INDEX event_at ON event (at);

  -- Who changed what, from where; before and after as JSON.
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    principal TEXT NOT NULL,
    origin TEXT NOT NULL,                  -- door and address
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);

  -- Bearer tokens and browsers' sessions; of a secret only its SHA-256 in hex.
  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
  ) STRICT;
  CREATE TABLE session (
    secret_hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- One row that is written and emptied to learn whether a full disk has space again.
  CREATE TABLE probe (id INTEGER PRIMARY KEY CHECK (id = 1), filler BLOB) STRICT;
  `,
  `
  -- JSON list of the numbers of instances that somebody stopped one by one.
  ALTER TABLE service ADD COLUMN stopped_instances TEXT NOT NULL DEFAULT '[]';
  `,
  `
  -- Machines of the fleet. JSON of a StoredServer in body; what is looked up stands beside it.
  CREATE TABLE server (
    position INTEGER PRIMARY KEY AUTOINCREMENT,  -- order in which they came
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    credential_hash TEXT UNIQUE,           -- SHA-256, hex, of a bare node's bearer token
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- Tokens that let servers in; of the secret only its SHA-256 in hex.
  CREATE TABLE join_token (
    id TEXT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    tags TEXT NOT NULL,                    -- JSON array, given to whoever comes in with it
    uses INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    server_id TEXT                         -- the one server that may enrol again with it
  ) STRICT, WITHOUT ROWID;

  -- Long acts; JSON of a StoredOperation in body, without its targets.
  CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX operation_created ON operation (created_at);

  -- What they are done to, a row each: thousands of them change one by one. JSON of an OperationTarget in body, without its output.
  CREATE TABLE operation_target (
    operation_id TEXT NOT NULL,
    place INTEGER NOT NULL,                -- from 0
    body TEXT NOT NULL,
    output TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (operation_id, place)
  ) STRICT;

  ALTER TABLE event ADD COLUMN server_id TEXT;  -- the server it happened on; service is '' for what happens to a server
  CREATE INDEX event_server ON event (server_id, seq);

  -- JSON list of the ids of servers on which somebody stopped the service, of several that it runs on.
  ALTER TABLE service ADD COLUMN stopped_servers TEXT NOT NULL DEFAULT '[]';
  `,
  `
  -- Scheduled tasks, until now a list in the settings. JSON of a TaskSpec in spec.
  CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- order in which they were added
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,             -- counts saved versions from 1
    spec TEXT NOT NULL,
    unknown TEXT NOT NULL,                 -- JSON: fields of the predecessor's file that no task has, to be written back
    owner TEXT,                            -- the file whose apply owns it
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  -- What became of each time a task was due. JSON of a TaskRun in body.
  CREATE TABLE task_run (
    id TEXT PRIMARY KEY,                   -- made from task, due time and server; telling it twice stores it once
    task TEXT NOT NULL,
    server_id TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    output TEXT NOT NULL DEFAULT '',
    output_dropped INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX task_run_due ON task_run (task, due_at, id);
  CREATE INDEX task_run_age ON task_run (due_at);

  -- JSON: when somebody last wished something of the service, Unix milliseconds by server's id, '' for all of it.
  ALTER TABLE service ADD COLUMN wished_at TEXT NOT NULL DEFAULT '{}';
  `,
  `
  -- Definitions have checks: stored ones get the default, see refillDocuments.
  `,
  `
  -- Definitions have dependencies, a way to reload, and sockets: stored ones get the defaults.
  `,
];

/** The version this program reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The tables that hold what people entered: always checked, however large the history grew. */
export const ENTERED_TABLES = [
  "service",
  "service_revision",
  "document",
  "task",
  "token",
  "session",
  "server",
  "join_token",
  "operation",
  "operation_target",
  "audit",
] as const;

/** The version a database is at; 0 for a new one. */
export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version ?? 0);
}

/** Brings a database to this program's version in one transaction; the version it came from. */
export function migrate(db: DatabaseSync, to = SCHEMA_VERSION): number {
  const from = schemaVersion(db);
  if (from >= to) return from;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const sql of MIGRATIONS.slice(from, to)) db.exec(sql);
    if (from > 0 && from < 4) moveTasks(db);
    if (from > 0) refillDocuments(db);
    if (from > 0 && from < 3) moveLegacyServers(db);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${to}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
  return from;
}

/** Version 3: the predecessor's servers, until then one document that only `export` read, become servers of the fleet. */
function moveLegacyServers(db: DatabaseSync): void {
  const row = db.prepare("SELECT body, updated_at FROM document WHERE name = 'legacy_servers'").get() as
    | { body: string; updated_at: number }
    | undefined;
  if (row === undefined) return;
  const insert = db.prepare("INSERT INTO server (id, name, body, created_at) VALUES (?, ?, ?, ?)");
  const taken = new Set<string>();
  for (const entry of JSON.parse(row.body) as Record<string, unknown>[]) {
    const server = fromLegacyServer(entry, row.updated_at);
    const name = freeName(server.name, taken);
    taken.add(name);
    insert.run(server.id, name, JSON.stringify({ ...server, name }), server.created_at);
  }
  db.exec("DELETE FROM document WHERE name = 'legacy_servers'");
}

/**
 * Version 4: tasks leave the settings for a table of their own. Until then nothing read their schedules; those that no task can have
 * stay as they came, in a document of their own.
 */
function moveTasks(db: DatabaseSync): void {
  const row = db.prepare("SELECT body, updated_at FROM document WHERE name = 'settings'").get() as
    | { body: string; updated_at: number }
    | undefined;
  if (row === undefined) return;
  const settings = JSON.parse(row.body) as { scheduled_tasks?: Record<string, unknown>[] };
  const insert = db.prepare(
    "INSERT INTO task (name, revision, spec, unknown, created_at, updated_at) VALUES (?, 1, ?, ?, ?, ?)",
  );
  const taken = new Set<string>();
  const unreadable: unknown[] = [];
  for (const entry of settings.scheduled_tasks ?? []) {
    const read = taskSpecSchema.safeParse(knownFields(entry));
    if (!read.success) {
      unreadable.push(entry);
      continue;
    }
    const name = freeName(read.data.name, taken);
    taken.add(name);
    const spec = JSON.stringify({ ...read.data, name });
    insert.run(name, spec, JSON.stringify(unknownFields(entry)), row.updated_at, row.updated_at);
  }
  db.prepare("UPDATE document SET body = ? WHERE name = 'settings'").run(
    JSON.stringify({ ...settings, scheduled_tasks: [] }),
  );
  if (unreadable.length === 0) return;
  db.prepare("INSERT INTO document (name, body, updated_at) VALUES ('unreadable_tasks', ?, ?)").run(
    JSON.stringify(unreadable),
    row.updated_at,
  );
}

/** Runs every stored document through the contract, so that fields which an older program did not know get their defaults. */
function refillDocuments(db: DatabaseSync): void {
  const refill = (table: string, column: string, parse: (value: unknown) => unknown, where = ""): void => {
    const key = table === "service_revision" ? "service, revision" : "name";
    const matches = table === "service_revision" ? "service = ? AND revision = ?" : "name = ?";
    const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${matches}`);
    for (const row of db.prepare(`SELECT ${key}, ${column} AS body FROM ${table} ${where}`).all()) {
      const { body, ...keys } = row as Record<string, string | number>;
      update.run(JSON.stringify(parse(JSON.parse(String(body)))), ...Object.values(keys));
    }
  };
  refill("service", "spec", (value) => serviceSpecSchema.parse(value));
  refill("service_revision", "spec", (value) => serviceSpecSchema.parse(value));
  refill("task", "spec", (value) => taskSpecSchema.parse(value));
  refill("document", "body", (value) => settingsSchema.parse(value), "WHERE name = 'settings'");
}
