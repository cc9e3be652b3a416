// What every implementation of the store must do, as one suite: run on SQLite now, on others when they come.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Clock } from "../../base/clock.ts";
import { FakeClock } from "../../base/clock.ts";
import { DAY, HOUR, MINUTE } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import { serviceSpecSchema, type ServiceInput, type ServiceRecord, type ServiceSpec } from "../../contract/service.ts";
import { settingsSchema } from "../../contract/settings.ts";
import { fromLegacyServer } from "./legacy-server.ts";
import type {
  DefinitionPut,
  Expectation,
  PlanChange,
  RollingPlan,
  Store,
  StoredJoinToken,
  StoredOperation,
  StoredServer,
  StoredToken,
  WriteOutcome,
} from "./store.ts";
import { WHOLE } from "./wish.ts";

/** Opens a store over the same data each time within one test; `forget` throws the data away. */
export interface StoreBench {
  open(clock: Clock): Promise<Store>;
  forget(): Promise<void>;
}

export const actor = { principal: "uid 0 on the socket", from: "socket" };
const anything = { kind: "any" } as const;
const absent = { kind: "absent" } as const;

/** A definition with every default. */
export function specOfInput(input: Partial<ServiceInput> & { name: string }): ServiceSpec {
  return serviceSpecSchema.parse({ start_cmd: "sleep 1000", ...input });
}

/** An event of a service; the id makes it the same or another one. */
export function startedEvent(id: string, service: string, at: number): TailherdEvent {
  const common = { id, service, at: new Date(at).toISOString(), server_id: null, index: 0, by: null };
  return { ...common, type: "instance.state", state: "running", from: "starting", reason: null, pid: 4711 };
}

function exitEvent(id: string, service: string, at: number, code: number): TailherdEvent {
  const ended_at = new Date(at).toISOString();
  const exit = {
    generation: 1,
    started_at: null,
    ended_at,
    cause: "exited",
    signal: null,
    by: null,
    memory: null,
  } as const;
  const common = { id, service, at: ended_at, server_id: null, index: 2, by: null };
  return { ...common, type: "instance.exited", exit: { ...exit, code, message: `exit ${code}`, last_lines: ["bye"] } };
}

function token(id: string, name: string, now: number): StoredToken {
  const created_at = new Date(now).toISOString();
  const rest = { created_by: actor.principal, expires_at: null, last_used_at: null };
  return { id, name, role: "operator", secret_hash: `hash of ${id}`, created_at, ...rest };
}

function storedRecord(outcome: WriteOutcome | { outcome: "overtaken" }): ServiceRecord {
  assert.ok(outcome.outcome === "stored", outcome.outcome);
  return outcome.record;
}

/** Runs the suite on one implementation. */
export function storeCases(name: string, makeBench: () => Promise<StoreBench>): void {
  describe(name, () => {
    let bench: StoreBench;
    let clock: FakeClock;
    let store: Store;

    beforeEach(async () => {
      bench = await makeBench();
      clock = new FakeClock();
      store = await bench.open(clock);
    });
    afterEach(async () => {
      await store.close();
      await bench.forget();
    });

    const reopen = async (): Promise<void> => {
      await store.close();
      store = await bench.open(clock);
    };
    const add = async (name: string, input: Partial<ServiceInput> = {}): Promise<ServiceRecord> =>
      storedRecord(await store.putService(specOfInput({ name, ...input }), absent, actor));

    describe("services", () => {
      it("keeps definitions in the order in which they were added, over a restart", async () => {
        for (const name of ["zeta", "alpha", "Müllwerk 2"]) await add(name, { env: { A: name } });
        const before = await store.listServices();
        assert.deepEqual(
          before.map((record) => record.name),
          ["zeta", "alpha", "Müllwerk 2"],
        );
        await reopen();
        assert.deepEqual(await store.listServices(), before);
        assert.deepEqual(await store.getService("alpha"), before[1]);
        assert.equal(await store.getService("beta"), undefined);
      });

      it("refuses a name that is taken, and an expectation that is not met", async () => {
        const record = await add("api");
        const changed = specOfInput({ name: "api", ports: [80] });
        assert.deepEqual(await store.putService(changed, absent, actor), { outcome: "exists" });
        assert.deepEqual(await store.putService(changed, { kind: "revision", revision: 7 }, actor), {
          outcome: "revision_differs",
          record,
        });
        const other = specOfInput({ name: "other" });
        assert.deepEqual(await store.putService(other, { kind: "revision", revision: 1 }, actor), {
          outcome: "absent",
        });
        assert.deepEqual(await store.listServices(), [record]);
        assert.equal((await store.listAudit({ limit: 10 })).length, 1);
      });

      it("counts revisions, keeps the last 50, and none for an equal definition", async () => {
        await add("api", { env: { A: "1", B: "2" } });
        const again = storedRecord(
          await store.putService(specOfInput({ name: "api", env: { B: "2", A: "1" } }), anything, actor),
        );
        assert.equal(again.revision, 1);
        for (let port = 2; port <= 60; port++) {
          clock.advance(1000);
          const spec = specOfInput({ name: "api", ports: [port] });
          const record = storedRecord(await store.putService(spec, { kind: "revision", revision: port - 1 }, actor));
          assert.equal(record.revision, port);
        }
        assert.deepEqual((await store.getRevision("api", 60))?.ports, [60]);
        assert.deepEqual((await store.getRevision("api", 11))?.ports, [11]);
        assert.equal(await store.getRevision("api", 10), undefined);
        const record = await store.getService("api");
        assert.ok(record !== undefined && record.updated_at > record.created_at);
      });

      it("changes the desired state alone, without a revision", async () => {
        assert.equal((await add("manual")).desired, "stopped");
        assert.equal((await add("auto", { autostart: true })).desired, "running");
        const record = storedRecord(await store.setDesired("manual", "start", WHOLE, actor));
        assert.equal(record.desired, "running");
        assert.equal(record.revision, 1);
        assert.deepEqual(await store.getService("manual"), record);
        await store.putService(specOfInput({ name: "manual", ports: [1] }), anything, actor);
        assert.equal((await store.getService("manual"))?.desired, "running");
        assert.equal((await store.getService("manual"))?.revision, 2);
        assert.deepEqual(await store.setDesired("nobody", "start", WHOLE, actor), { outcome: "absent" });
      });

      it("keeps the wish for single instances beside that for the service, also through changes of the definition", async () => {
        const wish = async (): Promise<unknown> => {
          const record = await store.getService("many");
          return [record?.desired, record?.stopped_instances];
        };
        await add("many", { instances: 4, autostart: true });
        assert.equal(storedRecord(await store.setDesired("many", "stop", { ...WHOLE, index: 3 }, actor)).revision, 1);
        await store.setDesired("many", "kill", { ...WHOLE, index: 1 }, actor);
        assert.deepEqual(await wish(), ["running", [1, 3]]);
        await store.putService(specOfInput({ name: "many", instances: 3, ports: [1] }), anything, actor);
        assert.deepEqual(await wish(), ["running", [1]]);
        await store.setDesired("many", "restart", WHOLE, actor);
        assert.deepEqual(await wish(), ["running", [1]]);
        await store.setDesired("many", "start", { ...WHOLE, index: 1 }, actor);
        assert.deepEqual(await wish(), ["running", []]);
        await store.setDesired("many", "stop", WHOLE, actor);
        await store.setDesired("many", "start", { ...WHOLE, index: 2 }, actor);
        assert.deepEqual(await wish(), ["running", [0, 1]]);
        const [entry] = await store.listAudit({ limit: 1 });
        assert.deepEqual([entry?.action, entry?.target], ["start", "many/2"]);
      });

      it("leaves a definition that a file owns to that file", async () => {
        const owner = "/srv/tailherd.yaml";
        await store.putService(specOfInput({ name: "api" }), absent, actor, { owner });
        const changed = specOfInput({ name: "api", ports: [80] });
        for (const options of [{}, { owner: null }, { owner: "/other.yaml" }]) {
          assert.deepEqual(await store.putService(changed, anything, actor, options), { outcome: "owned", owner });
        }
        assert.deepEqual(await store.deleteService("api", actor), { outcome: "owned", owner });
        const record = storedRecord(await store.putService(changed, anything, actor, { owner }));
        assert.deepEqual([record.revision, record.owner], [2, owner]);
        assert.equal((await store.setDesired("api", "start", WHOLE, actor)).outcome, "stored");
      });

      it("forgets a deleted service and its revisions; a new one of that name begins anew", async () => {
        await add("api", { ports: [1] });
        assert.equal((await store.deleteService("api", actor)).outcome, "stored");
        assert.deepEqual(await store.deleteService("api", actor), { outcome: "absent" });
        assert.deepEqual(await store.listServices(), []);
        assert.equal(await store.getRevision("api", 1), undefined);
        assert.equal((await add("api", { ports: [2] })).revision, 1);
        assert.deepEqual((await store.getRevision("api", 1))?.ports, [2]);
      });

      it("commits a plan wholly", async () => {
        await add("old");
        await add("kept");
        const owner = "f.yaml";
        const records = await store.commitPlan(
          [
            { change: "put", spec: specOfInput({ name: "new" }), desired: "running", owner, expect: absent },
            {
              change: "put",
              spec: specOfInput({ name: "kept", ports: [9] }),
              owner,
              expect: { kind: "revision", revision: 1 },
            },
            { change: "delete", name: "old" },
          ],
          actor,
        );
        assert.deepEqual(
          records.map(({ name, revision, desired }) => [name, revision, desired]),
          [
            ["new", 1, "running"],
            ["kept", 2, "stopped"],
          ],
        );
        assert.deepEqual(
          (await store.listServices()).map((record) => [record.name, record.owner]),
          [
            ["kept", owner],
            ["new", owner],
          ],
        );
      });

      it("commits settings and servers with the definitions of a plan, or none of them", async () => {
        const settings = settingsSchema.parse({ stats_retention_days: 3 });
        const servers = [fromLegacyServer({ id: "1", name: "nas" }, clock.now())];
        const plan = (name: string, expect: Expectation): PlanChange[] => [
          { change: "settings", settings, tasks: "replace" },
          { change: "servers", servers },
          { change: "put", spec: specOfInput({ name }), owner: null, expect },
        ];
        await assert.rejects(store.commitPlan(plan("api", { kind: "revision", revision: 1 }), actor));
        assert.deepEqual([await store.getSettings(), await store.listServers()], [settingsSchema.parse({}), []]);
        assert.equal((await store.commitPlan(plan("api", absent), actor)).length, 1);
        assert.deepEqual([await store.getSettings(), await store.listServers()], [settings, servers]);
        assert.equal((await store.listAudit({ limit: 10 })).length, 3);
      });

      it("commits nothing of a plan made from something older", async () => {
        const before = await add("kept");
        const plan = store.commitPlan(
          [
            { change: "put", spec: specOfInput({ name: "new" }), owner: null },
            {
              change: "put",
              spec: specOfInput({ name: "kept", ports: [9] }),
              owner: null,
              expect: { kind: "revision", revision: 5 },
            },
          ],
          actor,
        );
        await assert.rejects(plan, (error) => error instanceof TailherdError && error.code === "revision_conflict");
        assert.deepEqual(await store.listServices(), [before]);
        assert.equal((await store.listAudit({ limit: 10 })).length, 1);
      });

      it("lets exactly one of many simultaneous writers add a name or follow a revision", async () => {
        const specs = Array.from({ length: 20 }, (_, port) => specOfInput({ name: "api", ports: [port + 1] }));
        const added = await Promise.all(specs.map((spec) => store.putService(spec, absent, actor)));
        assert.equal(added.filter(({ outcome }) => outcome === "stored").length, 1);
        const follow = { kind: "revision", revision: 1 } as const;
        const changed = await Promise.all(
          specs.map((spec) => store.putService({ ...spec, instances: 2 }, follow, actor)),
        );
        assert.equal(changed.filter(({ outcome }) => outcome === "stored").length, 1);
        assert.equal((await store.getService("api"))?.revision, 2);
      });

      it("hands out records that cannot be changed behind its back", async () => {
        await add("api", { ports: [80] });
        const [record] = await store.listServices();
        assert.throws(() => record?.ports.push(81), TypeError);
      });
    });

    describe("settings", () => {
      it("answers the defaults until something is saved", async () => {
        assert.deepEqual(await store.getSettings(), settingsSchema.parse({}));
        const settings = settingsSchema.parse({ update_interval_seconds: 7 });
        await store.putSettings(settings, actor);
        await reopen();
        assert.deepEqual(await store.getSettings(), settings);
      });
    });

    describe("servers", () => {
      const server = (name: string, more: Partial<StoredServer> = {}): StoredServer => ({
        ...fromLegacyServer({ id: `id-of-${name}`, name }, clock.now()),
        legacy: null,
        ...more,
      });
      const token = (secret_hash: string, more: Partial<StoredJoinToken> = {}): StoredJoinToken => ({
        id: `token ${secret_hash}`,
        secret_hash,
        tags: ["prod"],
        uses: 2,
        uses_left: 2,
        created_at: new Date(clock.now()).toISOString(),
        created_by: actor.principal,
        expires_at: new Date(clock.now() + MINUTE).toISOString(),
        server_id: null,
        ...more,
      });

      it("keeps what it is told, each name once, and says who did what", async () => {
        assert.deepEqual(await store.listServers(), []);
        const nas = server("nas", { tags: ["storage"], metadata: { cores: 4 }, credential_hash: "c1" });
        assert.deepEqual(await store.putServer(nas, "server.own", actor), { outcome: "stored", records: [] });
        assert.deepEqual(await store.putServer(server("nas", { id: "other" }), "server.own", actor), {
          outcome: "name_taken",
        });
        await store.putServer({ ...nas, name: "attic" }, "server.change", actor);
        await reopen();
        assert.deepEqual(await store.listServers(), [{ ...nas, name: "attic" }]);
        const [entry] = await store.listAudit({ limit: 1 });
        assert.deepEqual([entry?.action, entry?.target], ["server.change", "attic"]);
        assert.ok(!JSON.stringify(entry).includes("c1"), "no proof of identity in the audit");
        assert.equal(await store.deleteServer(nas.id, actor), true);
        assert.equal(await store.deleteServer(nas.id, actor), false);
        assert.deepEqual(await store.listServers(), []);
      });

      it("changes definitions together with the name of a server, or nothing at all", async () => {
        const nas = server("nas");
        const attic = { ...nas, name: "attic" };
        await store.putServer(nas, "server.own", actor);
        await add("kept");
        const definition = (revision: number): DefinitionPut => ({
          change: "put",
          spec: specOfInput({ name: "kept", ports: [9] }),
          owner: null,
          expect: { kind: "revision", revision },
        });
        await assert.rejects(store.putServer(attic, "server.change", actor, [definition(7)]), /changed meanwhile/);
        assert.deepEqual(await store.listServers(), [nas]);
        const put = await store.putServer(attic, "server.change", actor, [definition(1)]);
        assert.deepEqual(put.outcome === "stored" && put.records.map(({ name, ports }) => [name, ports]), [
          ["kept", [9]],
        ]);
        assert.deepEqual([await store.listServers(), (await store.getService("kept"))?.revision], [[attic], 2]);
      });

      it("notes when servers were heard, of those that are still there", async () => {
        const nas = server("nas");
        await store.putServer(nas, "server.own", actor);
        const seen = { last_seen: 5, last_metrics: { cpu_percent: 1.5 } };
        await store.noteSeen([
          { id: nas.id, ...seen },
          { id: "gone", ...seen },
        ]);
        assert.deepEqual(await store.listServers(), [{ ...nas, ...seen }]);
      });

      it("lets in as many as a join token has uses, until it expires, each in one step", async () => {
        await store.createJoinToken(token("h1"), actor);
        const enrol = async (name: string, hash: string): Promise<string> =>
          (await store.enrolServer(server(name), hash, actor)).outcome;
        const all = await Promise.all(["a", "b", "c", "d"].map((name) => enrol(name, "h1")));
        assert.deepEqual(all.toSorted(), ["stored", "stored", "token_spent", "token_spent"]);
        assert.equal((await store.listServers()).length, 2);
        assert.equal(await store.findJoinToken("h1"), undefined);
        await store.createJoinToken(token("h2"), actor);
        clock.advance(MINUTE);
        assert.equal(await enrol("late", "h2"), "token_spent");
        assert.equal(await enrol("guess", "nothing"), "token_spent");
      });

      it("uses up nothing for a name that is taken, and lets in one server again only with its own token", async () => {
        await store.createJoinToken(token("h1", { uses_left: 1 }), actor);
        await store.putServer(server("nas"), "server.own", actor);
        const impostor = server("nas", { id: "impostor" });
        assert.deepEqual(await store.enrolServer(impostor, "h1", actor), { outcome: "name_taken" });
        assert.equal((await store.findJoinToken("h1"))?.uses_left, 1);
        await store.createJoinToken(token("h2", { server_id: "id-of-nas" }), actor);
        assert.deepEqual(await store.enrolServer(server("pi"), "h2", actor), { outcome: "token_spent" });
        assert.deepEqual(await store.enrolServer(server("nas"), "h2", actor), { outcome: "stored" });
        assert.equal(await store.deleteJoinToken("token h1", actor), true);
        assert.deepEqual(
          (await store.listJoinTokens()).map(({ id, uses_left }) => [id, uses_left]),
          [["token h2", 1]],
        );
      });

      it("keeps the hub's key for good", async () => {
        const made = { id: "hub", public_key: "p", private_key: "s" };
        assert.deepEqual(await store.hubIdentity(() => made), made);
        await reopen();
        assert.deepEqual(await store.hubIdentity(() => ({ ...made, id: "another" })), made);
      });
    });

    describe("operations", () => {
      const operation = (id: string, ...servers: string[]): StoredOperation => ({
        about: {
          id,
          kind: "command run",
          title: "run uptime",
          state: "queued",
          by: "ann",
          created_at: new Date(clock.now()).toISOString(),
          ended_at: null,
          cancelling: false,
          paused: false,
          progress: null,
        },
        plan: {
          what: "command",
          action: "run",
          service_name: null,
          argv: ["uptime"],
          timeout: 60,
          queue_for: 0,
          width: 10,
          stop_after_failures: null,
        },
        targets: servers.map((server) => ({
          service: null,
          server_id: server,
          server,
          index: null,
          state: "queued",
          message: null,
          started_at: null,
          ended_at: null,
          exit_code: null,
          output: "",
          output_dropped: 0,
        })),
      });

      it("keeps them with what became of each target, over a restart, and says who began them", async () => {
        const first = operation("1", "a", "b");
        await store.createOperation(first, [], actor);
        clock.advance(1);
        const second = operation("2", "c");
        await store.createOperation(second, [], actor);
        const ended = { ...first.targets[1], state: "done", exit_code: 0 } as StoredOperation["targets"][number];
        await store.noteOperation({ ...first.about, state: "running" }, [{ place: 1, target: ended, output: "up" }]);
        const [audit] = (await store.listAudit({ limit: 10 })).toReversed();
        assert.deepEqual(
          [audit?.action, audit?.target, audit?.principal],
          ["command.run", "run uptime", actor.principal],
        );
        await reopen();
        const kept = { ...first, about: { ...first.about, state: "running" }, targets: [first.targets[0], ended] };
        assert.deepEqual(await store.listOperations(), [kept, second]);
        assert.deepEqual([...(await store.operationOutputs("1"))], [[1, "up"]]);
        assert.deepEqual([...(await store.operationOutputs("1", 0))], []);
        await store.noteOperation(first.about, [{ place: 1, target: ended }]);
        assert.deepEqual([...(await store.operationOutputs("1", 1))], [[1, "up"]]);
      });

      it("keeps the plan of a rolling restart as it becomes", async () => {
        const options = { batch: "25%", max_unavailable: null, stable: 5, timeout: 120, rollback: true };
        const services = [{ name: "web", batch: 1, max_unavailable: 1, revision: 2, before: 1 }];
        const plan: RollingPlan = {
          what: "rolling",
          options,
          from: "socket",
          services,
          before: {},
          halt: null,
          back: null,
        };
        const { about, targets } = operation("1", "a");
        await store.createOperation({ about, plan, targets }, [], actor);
        const later: RollingPlan = { ...plan, before: { 0: 7 }, back: { service: "web", revision: 1 } };
        await store.noteOperation({ ...about, paused: true }, [], later);
        await store.noteOperation({ ...about, paused: true }, []);
        await reopen();
        assert.deepEqual(await store.listOperations(), [{ about: { ...about, paused: true }, plan: later, targets }]);
      });

      it("forgets the old ones with the beginning of a new one", async () => {
        await store.createOperation(operation("1", "a"), [], actor);
        await store.createOperation(operation("2", "a"), ["1", "nothing"], actor);
        assert.deepEqual(
          (await store.listOperations()).map(({ about }) => about.id),
          ["2"],
        );
      });
    });

    describe("events", () => {
      it("stores each event once, in the order in which it was told", async () => {
        const now = clock.now();
        const first = await store.appendEvents([startedEvent("a", "api", now), startedEvent("b", "db", now)]);
        assert.deepEqual(
          first.map(({ event }) => event.id),
          ["a", "b"],
        );
        const second = await store.appendEvents([
          startedEvent("b", "db", now),
          startedEvent("c", "api", now),
          startedEvent("c", "api", now),
        ]);
        assert.deepEqual(
          second.map(({ event }) => event.id),
          ["c"],
        );
        assert.ok((second[0]?.seq ?? 0) > (first[1]?.seq ?? 0));
        await reopen();
        const all = await store.listEvents({ after: 0, limit: 10 });
        assert.deepEqual(all, [...first, ...second]);
      });

      it("pages forward after a seq and backward before one, of all or of one service", async () => {
        const events = Array.from({ length: 10 }, (_, i) =>
          startedEvent(`e${i}`, i % 2 === 0 ? "even" : "odd", clock.now()),
        );
        const seqs = (await store.appendEvents(events)).map(({ seq }) => seq);
        const ids = async (query: Parameters<Store["listEvents"]>[0]): Promise<string[]> =>
          (await store.listEvents(query)).map(({ event }) => event.id);
        assert.deepEqual(await ids({ after: seqs[6] ?? 0, limit: 2 }), ["e7", "e8"]);
        assert.deepEqual(await ids({ limit: 3 }), ["e9", "e8", "e7"]);
        assert.deepEqual(await ids({ before: seqs[2] ?? 0, limit: 3 }), ["e1", "e0"]);
        assert.deepEqual(await ids({ service: "odd", limit: 2 }), ["e9", "e7"]);
        assert.deepEqual(await ids({ service: "even", after: seqs[4] ?? 0, limit: 9 }), ["e6", "e8"]);
      });

      it("answers exits newest first with their instance", async () => {
        await store.appendEvents([
          exitEvent("x1", "api", clock.now(), 1),
          startedEvent("s", "api", clock.now()),
          exitEvent("x2", "api", clock.now(), 2),
          exitEvent("y", "db", clock.now(), 3),
        ]);
        const exits = await store.listExits("api", 10);
        assert.deepEqual(
          exits.map(({ code, index, last_lines }) => [code, index, last_lines]),
          [
            [2, 2, ["bye"]],
            [1, 2, ["bye"]],
          ],
        );
        assert.equal((await store.listExits("api", 1)).length, 1);
      });

      it("drops what is older than a time, and never gives a seq twice", async () => {
        const old = Array.from({ length: 5000 }, (_, i) => startedEvent(`o${i}`, "api", clock.now() - 2 * DAY));
        const [last] = (await store.appendEvents([...old, startedEvent("new", "api", clock.now())])).slice(-1);
        await store.dropHistoryBefore(clock.now() - DAY);
        assert.deepEqual(
          (await store.listEvents({ after: 0, limit: 10 })).map(({ event }) => event.id),
          ["new"],
        );
        await store.dropHistoryBefore(clock.now() + DAY);
        await reopen();
        const [next] = await store.appendEvents([startedEvent("next", "api", clock.now())]);
        assert.ok((next?.seq ?? 0) > (last?.seq ?? 0));
      });
    });

    describe("audit", () => {
      it("has an entry with before and after for each change, newest first", async () => {
        await add("api");
        clock.advance(HOUR);
        await store.setDesired("api", "start", WHOLE, { principal: "token ci", from: "127.0.0.1" });
        await store.recordAudit("kill", "api", actor);
        await store.deleteService("api", actor);
        await store.putSettings(settingsSchema.parse({}), actor);
        const entries = await store.listAudit({ limit: 10 });
        assert.deepEqual(
          entries.map(({ action, target }) => [action, target]),
          [
            ["settings.change", "settings"],
            ["service.delete", "api"],
            ["kill", "api"],
            ["start", "api"],
            ["service.add", "api"],
          ],
        );
        const start = entries[3];
        assert.deepEqual([start?.principal, start?.from], ["token ci", "127.0.0.1"]);
        assert.deepEqual(
          [start?.before, start?.after],
          [
            { desired: "stopped", stopped_instances: [], stopped_servers: [] },
            { desired: "running", stopped_instances: [], stopped_servers: [] },
          ],
        );
        assert.equal(entries[4]?.before, null);
        assert.equal((entries[4]?.after as ServiceRecord | undefined)?.start_cmd, "sleep 1000");
        const older = await store.listAudit({ before: start?.seq ?? 0, limit: 10 });
        assert.deepEqual(older, entries.slice(4));
        await store.dropHistoryBefore(clock.now() - 1);
        assert.equal((await store.listAudit({ limit: 10 })).length, 4);
      });
    });

    describe("tokens and sessions", () => {
      it("finds a token by its secret's hash, and lists it without", async () => {
        const made = token("t1", "ci", clock.now());
        assert.deepEqual(await store.createToken(made, actor), { outcome: "stored" });
        assert.deepEqual(await store.createToken(token("t2", "ci", clock.now()), actor), { outcome: "exists" });
        await reopen();
        assert.deepEqual(await store.findToken("hash of t1"), made);
        assert.equal(await store.findToken("hash of t2"), undefined);
        const { secret_hash: _, ...shown } = made;
        assert.deepEqual(await store.listTokens(), [shown]);
        assert.ok(!JSON.stringify(await store.listAudit({ limit: 10 })).includes("hash of"));
      });

      it("knows when a token was used, over a restart", async () => {
        await store.createToken(token("t1", "ci", clock.now()), actor);
        await store.touchToken("t1", clock.now() + HOUR);
        await store.touchToken("gone", clock.now());
        const used = new Date(clock.now() + HOUR).toISOString();
        assert.equal((await store.listTokens())[0]?.last_used_at, used);
        await reopen();
        assert.equal((await store.findToken("hash of t1"))?.last_used_at, used);
      });

      it("deletes a token once", async () => {
        await store.createToken(token("t1", "ci", clock.now()), actor);
        assert.equal(await store.deleteToken("t1", actor), true);
        assert.equal(await store.deleteToken("t1", actor), false);
        assert.equal(await store.findToken("hash of t1"), undefined);
        assert.deepEqual((await store.listAudit({ limit: 1 }))[0]?.action, "token.delete");
      });

      it("keeps sessions until they are ended or expired", async () => {
        const session = { secret_hash: "s1", name: "session", role: "admin", created_at: clock.now() } as const;
        await store.createSession({ ...session, expires_at: clock.now() + HOUR }, actor);
        await reopen();
        assert.deepEqual(await store.findSession("s1"), { ...session, expires_at: clock.now() + HOUR });
        clock.advance(2 * HOUR);
        await store.createSession({ ...session, secret_hash: "s2", expires_at: clock.now() + HOUR }, actor);
        assert.equal(await store.findSession("s1"), undefined);
        await store.deleteSession("s2", actor);
        assert.equal(await store.findSession("s2"), undefined);
      });
    });

    describe("closing", () => {
      it("stores what was asked before, refuses what comes after, and closes twice", async () => {
        const asked = store.putService(specOfInput({ name: "api" }), absent, actor);
        await store.close();
        assert.equal((await asked).outcome, "stored");
        await assert.rejects(store.putService(specOfInput({ name: "late" }), absent, actor), /the store is closed/);
        await reopen();
        assert.deepEqual(
          (await store.listServices()).map(({ name }) => name),
          ["api"],
        );
      });
    });
  });
}
