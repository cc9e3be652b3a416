// The store in one SQLite file: the default, for one hub. Wires the tables, the writer and the copies together.
import type { DatabaseSync } from "node:sqlite";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { Settings } from "../../contract/settings.ts";
import type { Logger } from "../../runtime/logger.ts";
import { copyDatabase, GoodCopy } from "./database-copy.ts";
import { DamagedError, refuseDamaged } from "./database-damage.ts";
import { openDatabase } from "./database-file.ts";
import { SqliteAccess } from "./sqlite-access.ts";
import { SqliteAudit } from "./sqlite-audit.ts";
import { SqliteDocuments } from "./sqlite-documents.ts";
import { storeError } from "./sqlite-errors.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";
import { SqliteHistory } from "./sqlite-history.ts";
import { SqliteOperations } from "./sqlite-operations.ts";
import { SqliteServers } from "./sqlite-servers.ts";
import { SqliteRuns } from "./sqlite-runs.ts";
import { SqliteServices } from "./sqlite-services.ts";
import { SqliteTasks } from "./sqlite-tasks.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import type { Actor, PlanChange, Store, StoredServer, TasksOfSettings } from "./store.ts";

/** Time after which "last used" of tokens is written, together. */
const TOUCH_DELAY = 30 * SECOND;

/** What `openSqliteStore` needs. */
export interface SqliteStoreOptions {
  /** Path of the database; made, with mode 0600, where there is none. Its directory exists. */
  file: string;
  clock: Clock;
  logger: Logger;
}

/**
 * Opens the store. Rejects with a `TailherdError` (`degraded`, `disk_full`) whose words name the file: damaged (then it is kept
 * beside, and the last good copy offered), written by a newer program, held by another process, not readable.
 */
export async function openSqliteStore({ file, clock, logger }: SqliteStoreOptions): Promise<Store> {
  const db = openDatabase(file, clock.now());
  const now = (): number => clock.now();
  const audit = new SqliteAudit(db, now);
  const services = new SqliteServices(db, audit.write, now);
  const documents = new SqliteDocuments(db, audit.write, now);
  const tasks = new SqliteTasks(db, audit.write, now);
  try {
    services.load();
    tasks.load();
    documents.load();
  } catch (error) {
    // The pages are whole and what stands in them is not JSON: somebody wrote into the file.
    if (error instanceof SyntaxError || sqliteTrouble(error, file) === "damaged") {
      throw refuseDamaged({ file, error: new DamagedError("a stored definition cannot be read"), now: now(), db });
    }
    db.close();
    throw error;
  }
  return assemble({ db, file, clock, logger, services, documents, tasks, audit });
}

interface Parts extends SqliteStoreOptions {
  db: DatabaseSync;
  services: SqliteServices;
  documents: SqliteDocuments;
  tasks: SqliteTasks;
  audit: SqliteAudit;
}

function assemble({ db, file, clock, logger, services, documents, tasks, audit }: Parts): Store {
  const history = new SqliteHistory(db);
  const access = new SqliteAccess(db, audit.write, () => clock.now());
  const servers = new SqliteServers(db, audit.write, () => clock.now());
  const operations = new SqliteOperations(db, audit.write);
  const runs = new SqliteRuns(db);
  const copies = new Copies(db);
  const good = new GoodCopy({ file, clock, logger, copy: (to) => copies.make(to) });
  const writer = new SqliteWriter({
    db,
    file,
    clock,
    logger,
    onCommit: (durability) => {
      services.committed();
      documents.committed();
      tasks.committed();
      if (durability === "entered") good.changed();
    },
  });
  let touchTimer: Timer | undefined;
  const flushTouched = (): void => {
    touchTimer = undefined;
    writer
      .write("Cannot note when tokens were used", () => access.flushTouched(), "observed")
      .catch((error: unknown) => logger.debug({ err: error }, "Cannot note when tokens were used"));
  };
  const read = async <T>(what: string, act: () => T): Promise<T> => {
    try {
      return act();
    } catch (error) {
      writer.failed(error);
      throw storeError(error, `Cannot read ${what}`, file);
    }
  };
  const write = writer.write.bind(writer);
  const allSettings = (): Settings => ({ ...documents.get("settings"), scheduled_tasks: tasks.asSettings() });
  const putSettings = (settings: Settings, actor: Actor, ofTasks: TasksOfSettings): void => {
    if (ofTasks !== "keep") tasks.putAll(settings.scheduled_tasks, ofTasks === "replace", actor);
    documents.put("settings", { ...settings, scheduled_tasks: [] }, "settings.change", actor);
  };
  const commit = (change: PlanChange, actor: Actor): ServiceRecord[] => {
    if (change.change === "settings") putSettings(change.settings, actor, change.tasks);
    else if (change.change === "put_task") tasks.commit(change.spec, change.owner, actor);
    else if (change.change === "delete_task") tasks.remove(change.name, actor);
    else if (change.change === "servers") for (const server of change.servers) importServer(servers, server, actor);
    else return [services.commit(change, actor)].filter((record) => record !== undefined);
    return [];
  };

  return {
    listServices: () => read("the services", () => services.list()),
    getService: (name) => read(`service "${name}"`, () => services.get(name)),
    getRevision: (name, revision) => read(`service "${name}"`, () => services.revision(name, revision)),
    putService: (spec, expect, actor, options = {}) =>
      write(`Cannot save service "${spec.name}"`, () => services.put(spec, expect, actor, options)),
    setDesired: (name, action, on, actor, at) =>
      write(`Cannot ${action} "${name}"`, () => services.setDesired(name, action, on, actor, at)),
    deleteService: (name, actor) => write(`Cannot delete service "${name}"`, () => services.delete(name, actor)),
    commitPlan: (changes, actor) =>
      write("Cannot save the plan", () => changes.flatMap((change) => commit(change, actor))),

    listTasks: () => read("the tasks", () => tasks.list()),
    putTask: (spec, expect, actor, owner) =>
      write(`Cannot save task "${spec.name}"`, () => tasks.put(spec, expect, actor, owner)),
    deleteTask: (name, actor) =>
      write(`Cannot delete task "${name}"`, () => {
        const deleted = tasks.delete(name, actor);
        if (deleted.outcome === "stored") runs.forget(name);
        return deleted;
      }),
    noteRuns: (told) => write("Cannot save what became of tasks", () => runs.note(told), "observed"),
    listRuns: (query) => read(`runs of "${query.task}"`, () => runs.list(query)),
    getRun: (task, id) => read(`a run of "${task}"`, () => runs.get(task, id)),
    lastRuns: () => read("runs", () => runs.last(tasks.list().map(({ spec }) => spec.name))),
    dropRunsBefore: async (time) => {
      while (await write("Cannot drop old runs", () => runs.dropSome(time), "observed"));
    },

    getSettings: () => read("the settings", allSettings),
    putSettings: (settings, actor, ofTasks = "replace") =>
      write("Cannot save the settings", () => putSettings(settings, actor, ofTasks)),

    listServers: () => read("the servers", () => servers.list()),
    putServer: (server, act, actor, definitions = []) =>
      write(`Cannot save server "${server.name}"`, () => {
        const { outcome } = servers.put(server, act, actor);
        if (outcome === "name_taken") return { outcome };
        return { outcome, records: definitions.flatMap((definition) => commit(definition, actor)) };
      }),
    enrolServer: (server, tokenHash, actor) =>
      write(`Cannot enrol "${server.name}"`, () => servers.enrol(server, tokenHash, actor)),
    deleteServer: (id, actor) => write("Cannot remove the server", () => servers.delete(id, actor)),
    noteSeen: (seen) => write("Cannot note what servers said", () => servers.noteSeen(seen), "observed"),
    hubIdentity: (make) => write("Cannot keep the hub's key", () => servers.hubIdentity(make)),
    listJoinTokens: () => read("the join tokens", () => servers.listTokens()),
    createJoinToken: (token, actor) => write("Cannot save the join token", () => servers.createToken(token, actor)),
    deleteJoinToken: (id, actor) => write("Cannot delete the join token", () => servers.deleteToken(id, actor)),
    findJoinToken: (secretHash) => read("the join tokens", () => servers.findToken(secretHash)),

    listOperations: () => read("the operations", () => operations.list()),
    createOperation: (operation, forget, actor) =>
      write(`Cannot begin "${operation.about.title}"`, () => operations.create(operation, forget, actor)),
    noteOperation: (about, changes, plan) =>
      write("Cannot note how an operation goes", () => operations.note(about, changes, plan), "observed"),
    operationOutputs: (id, place) => read("what an operation printed", () => operations.outputs(id, place)),

    appendEvents: (events) => write("Cannot save events", () => history.append(events), "observed"),
    listEvents: (query) => read("events", () => history.list(query)),
    listExits: (service, limit) => read(`exits of "${service}"`, () => history.exits(service, limit)),
    dropHistoryBefore: async (time) => {
      while (await write("Cannot drop old history", () => history.dropSome(time), "observed"));
    },
    listAudit: ({ before, limit }) => read("the audit", () => audit.list(before, limit)),
    recordAudit: (act, target, actor, what = null) =>
      write(`Cannot record ${act}`, () => audit.write(actor, act, target, null, what)),

    listTokens: () => read("the tokens", () => access.listTokens()),
    createToken: (token, actor) => write(`Cannot save token "${token.name}"`, () => access.createToken(token, actor)),
    deleteToken: (id, actor) => write("Cannot delete the token", () => access.deleteToken(id, actor)),
    findToken: (secretHash) => read("the tokens", () => access.findToken(secretHash)),
    touchToken: async (id, at) => {
      access.touch(id, at);
      touchTimer ??= clock.after(TOUCH_DELAY, flushTouched);
    },
    createSession: (session, actor) => write("Cannot save the session", () => access.createSession(session, actor)),
    findSession: (secretHash) => read("the sessions", () => access.findSession(secretHash)),
    deleteSession: (secretHash, actor) =>
      write("Cannot end the session", () => access.deleteSession(secretHash, actor)),

    backup: (to) =>
      copies.make(to).catch((error: unknown) => {
        throw storeError(error, `Cannot write a backup to ${to}`, to);
      }),
    health: () => ({ ok: writer.problem === null, problem: writer.problem }),
    close: async () => {
      if (!db.isOpen) return;
      touchTimer?.cancel();
      if (access.hasTouched) flushTouched();
      good.close();
      writer.close();
      await copies.settled();
      db.close();
    },
  };
}

/** Part of a plan: a name that another server has stops the whole of it. */
function importServer(servers: SqliteServers, server: StoredServer, actor: Actor): void {
  if (servers.put(server, "server.import", actor).outcome === "stored") return;
  throw new TailherdError("name_taken", `Cannot import server "${server.name}": another server has that name`);
}

/** Makes copies one after the other, and can be waited for: the database must stay open under them. */
class Copies {
  private readonly db: DatabaseSync;
  private last: Promise<void> = Promise.resolve();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  make(file: string): Promise<void> {
    const made = this.last.then(() => copyDatabase(this.db, file));
    this.last = made.catch(() => {});
    return made;
  }

  settled(): Promise<void> {
    return this.last;
  }
}
