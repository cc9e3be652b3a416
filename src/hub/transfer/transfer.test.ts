import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import { serviceSpecSchema, type ServiceInput, type ServiceSpec } from "../../contract/service.ts";
import { settingsSchema } from "../../contract/settings.ts";
import { importRequestSchema, type ImportResult } from "../../contract/transfer.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import type { Store } from "../store/store.ts";
import { applyPlan, type Applied } from "./apply.ts";
import { exportLegacy } from "./export.ts";
import { importLegacy } from "./import.ts";
import { shellLine } from "./legacy-service.ts";

const actor = { principal: "test", from: "socket" };
const samples = join(import.meta.dirname, "../../../test/fixtures/predecessor");
const sample = (name: string): unknown => JSON.parse(readFileSync(join(samples, name), "utf8"));
const sampleFiles = {
  services: sample("services_config.json") as Record<string, unknown>[],
  servers: sample("servers.json") as Record<string, unknown>[],
  settings: sample("settings.json") as Record<string, unknown>,
};

let dir: string;
let store: Store;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "tailherd-transfer-"));
  store = await openSqliteStore({ file: join(dir, "hub.db"), clock: new FakeClock(), logger: silentLogger });
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

const spec = (name: string, input: Partial<ServiceInput> = {}): ServiceSpec =>
  serviceSpecSchema.parse({ name, start_cmd: "true", ...input });
const take = async (request: object): Promise<ImportResult> =>
  (await importLegacy(store, importRequestSchema.parse(request), actor)).result;
const put = (one: ServiceSpec, owner: string | null = null): ReturnType<Store["putService"]> =>
  store.putService(one, { kind: "any" }, actor, { owner });

async function issuesOf(act: Promise<unknown>): Promise<string[]> {
  const error = await act.then(
    () => assert.fail("was not refused"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof TailherdError && error.code === "invalid", String(error));
  return error.issues.map(({ path, message }) => `${path}: ${message}`);
}

describe("import and export", () => {
  it("lose nothing of the predecessor's files", async () => {
    const result = await take(sampleFiles);
    assert.deepEqual(result, {
      added: ["FastAPI Backend", "Web Frontend", "Müllwerk worker 2"],
      replaced: [],
      skipped: [],
      servers: 1,
      settings: true,
      issues: [],
      applied: true,
    });
    assert.deepEqual(await exportLegacy(store), sampleFiles);
    assert.ok((await store.listServices()).every(({ desired }) => desired === "stopped"));
  });

  it("change nothing the second time", async () => {
    await take(sampleFiles);
    const before = [await store.listServices(), (await store.listAudit({ limit: 100 })).length];
    const again = await take({ ...sampleFiles, replace: true });
    assert.deepEqual([again.added, again.replaced, again.skipped.length], [[], [], 3]);
    assert.deepEqual([await store.listServices(), (await store.listAudit({ limit: 100 })).length], before);
  });

  it("store nothing in a dry run, which answers what would be", async () => {
    await put(spec("Web Frontend"));
    const dry = await take({ ...sampleFiles, dry_run: true });
    assert.equal((await store.listServices()).length, 1);
    assert.deepEqual(await store.listServers(), []);
    assert.deepEqual(await take(sampleFiles), { ...dry, applied: true });
  });

  it("leave alone what exists, unless told to replace; then what the files cannot say stays", async () => {
    await put(spec("FastAPI Backend", { env: { A: "1" }, argv: ["old"], start_cmd: null }));
    await put(spec("Web Frontend"), "/srv/tailherd.yaml");
    const left = await take(sampleFiles);
    assert.deepEqual(left.skipped, [
      { name: "FastAPI Backend", reason: "a service of that name exists" },
      { name: "Web Frontend", reason: "the file /srv/tailherd.yaml owns it" },
    ]);
    assert.equal((await store.getService("FastAPI Backend"))?.start_cmd, null);
    const replaced = await take({ ...sampleFiles, replace: true });
    assert.deepEqual(replaced.replaced, ["FastAPI Backend"]);
    const record = await store.getService("FastAPI Backend");
    assert.deepEqual([record?.env, record?.argv, record?.ports], [{ A: "1" }, null, [8000]]);
  });

  it("add servers by id, or replace those of the same id", async () => {
    const servers = [
      { id: "1", name: "nas" },
      { id: "2", name: "pi" },
    ];
    await take({ servers: servers.slice(0, 1) });
    assert.equal((await take({ servers: [{ id: "1", name: "other" }, servers[1]] })).servers, 1);
    assert.deepEqual((await exportLegacy(store)).servers, servers);
    await take({ servers: [{ id: "1", name: "other" }], replace: true });
    assert.deepEqual((await exportLegacy(store)).servers, [{ id: "1", name: "other" }, servers[1]]);
  });

  it("take nothing over when any entry is wrong, and name each wrong field", async () => {
    const [first] = sampleFiles.services;
    const bad = { name: "../x", start_cmd: "true", ports: [80, 70_000], kind: "database" };
    const issues = await issuesOf(
      take({
        services: [first, bad, first, { name: "nothing to run" }],
        servers: [
          { id: "1", name: "a" },
          { id: "1", name: "b" },
        ],
        settings: { update_interval_seconds: 61, storage_paths: { logs: 1, data: "", backups: "" } },
      }),
    );
    assert.deepEqual(
      issues.map((issue) => issue.split(": ")[0]),
      [
        "services.1.name",
        "services.1.kind",
        "services.1.ports.1",
        "services.2.name",
        "services.3.start_cmd",
        "servers.1.id",
        "settings.storage_paths.logs",
        "settings.update_interval_seconds",
      ],
    );
    assert.deepEqual(await store.listServices(), []);
    assert.deepEqual(await store.listAudit({ limit: 10 }), []);
  });

  it("tell fields that the format does not have, and ports declared twice, and go on", async () => {
    const result = await take({
      services: [
        { name: "a", start_cmd: "true", ports: [80], colour: "red" },
        { name: "b", kind: "Backend", start_cmd: "true", ports: [81, 80], working_dir: "", match_keywords: null },
      ],
      settings: { theme: "dark", storage_paths: { logs: "l", data: "d", backups: "b", more: 1 } },
    });
    assert.deepEqual(
      result.issues.map(({ path }) => path),
      ["services.0.colour", "services.1.ports.1", "settings.storage_paths.more", "settings.theme"],
    );
    assert.ok(result.applied);
    const record = await store.getService("b");
    assert.deepEqual([record?.kind, record?.working_dir, record?.match_keywords], ["backend", null, []]);
    assert.equal((await store.getSettings()).stats_retention_days, 30);
  });

  it("write a definition by argv as the line that runs the same words", async () => {
    const argv = ["printf", "%s|", "", "a b", "it's", "$HOME", "\\", "*", "ünï", "new\nline"];
    await put(spec("argv", { start_cmd: null, argv }));
    const [written] = (await exportLegacy(store)).services;
    const output = execFileSync("/bin/sh", ["-c", String(written?.start_cmd)], { encoding: "utf8" });
    assert.equal(
      output,
      argv
        .slice(2)
        .map((word) => `${word}|`)
        .join(""),
    );
    assert.deepEqual((await take({ services: [written], replace: true })).skipped, [
      { name: "argv", reason: "it is already so" },
    ]);
    const words = fc.array(
      fc.string({ unit: "binary" }).filter((word) => !word.includes("\0")),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(words, (argv) => assert.ok(!/(^|[^'\\])[;&|<>$`]/.test(shellLine(argv).replaceAll(/'[^']*'/g, "")))),
    );
  });

  it("lose nothing of any files of that format", async () => {
    await fc.assert(
      fc.asyncProperty(legacyFiles, async (files) => {
        const file = join(dir, `${performance.now()}.db`);
        const fresh = await openSqliteStore({ file, clock: new FakeClock(), logger: silentLogger });
        try {
          const { result } = await importLegacy(fresh, importRequestSchema.parse(structuredClone(files)), actor);
          assert.ok(result.applied);
          assert.deepEqual(await exportLegacy(fresh), files);
        } finally {
          await fresh.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Whole text, not beginning or ending with blanks, as people type it into forms. */
const words = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: "grapheme", minLength: 1, maxLength: max }).map((text) => `a${text.trim()}z`);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
const serviceName = fc
  .tuple(
    fc.constantFrom("A", "ü", "7", "字"),
    fc.string({ unit: fc.constantFrom("a", " ", "9", ".", "_", "-", "Ö", "ß", "字"), maxLength: 40 }),
  )
  .map(([first, rest]) => `${first}${rest}.`.normalize("NFC"));
const url = fc.webUrl({ validSchemes: ["http", "https"], withQueryParameters: true });
const legacyService = fc.record({
  name: serviceName,
  kind: fc.constantFrom("backend", "frontend", "other"),
  start_cmd: words(200),
  working_dir: orNull(words(60)),
  match_keywords: fc.array(
    words(20).map((text) => `${text}!!`),
    { maxLength: 4 },
  ),
  ports: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 }),
  api_url: orNull(url),
  tailscale_url: orNull(url),
  description: orNull(fc.string({ unit: "grapheme", maxLength: 80 })),
});
const json = fc.jsonValue({ maxDepth: 2 });
const server = fc
  .record({
    id: fc.uuid(),
    name: words(20),
    host: words(20),
    ip: fc.ipV4(),
    tags: fc.array(words(9)),
    metadata: json,
    last_metrics: json,
  })
  .map((one) => ({ ...one, last_seen: "2025-11-09T22:14:03.512345" }));
const task = fc.record({
  name: words(30),
  cron_expression: fc.constantFrom("30 2 * * 1-5", "@daily", "*/5 * * * *"),
  action: fc.constantFrom("start", "stop", "restart"),
  service_name: serviceName,
  enabled: fc.boolean(),
});
const asRead = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const legacyFiles = fc
  .record({
    services: fc.uniqueArray(legacyService, { selector: ({ name }) => name, maxLength: 8 }),
    servers: fc.uniqueArray(server, { selector: ({ id }) => id, maxLength: 4 }),
    settings: fc.record({
      storage_paths: fc.record({ logs: fc.string(), data: fc.string(), backups: fc.string() }),
      scheduled_tasks: fc.uniqueArray(task, { selector: ({ name }) => name, maxLength: 4 }),
      stats_retention_days: fc.integer({ min: 1, max: 365 }),
      auto_restart_on_failure: fc.boolean(),
      check_port_conflicts: fc.boolean(),
      default_tailscale_domain: fc.domain(),
      update_interval_seconds: fc.integer({ min: 1, max: 60 }),
      api_base_url: url,
    }),
  })
  .map(asRead);

describe("applyPlan()", () => {
  const owner = "/srv/tailherd.yaml";
  const apply = (services: ServiceSpec[], more: { dry_run?: boolean } = {}): Promise<Applied> =>
    applyPlan(store, { owner, services, dry_run: more.dry_run ?? false }, actor);

  it("makes it so, tells what was stored and removed, and then has nothing to do", async () => {
    await put(spec("by hand"));
    await put(spec("gone"), owner);
    const services = [spec("new", { autostart: true }), spec("by hand", { ports: [80] })];
    const dry = await apply(services, { dry_run: true });
    assert.deepEqual([dry.applied, (await store.listServices()).length], [false, 2]);
    const done = await apply(services);
    assert.deepEqual(done.steps, dry.steps);
    assert.deepEqual(
      done.steps.map(({ change }) => change),
      ["add", "take_over", "remove"],
    );
    assert.deepEqual([done.stored.map(({ name }) => name), done.removed], [["new", "by hand"], ["gone"]]);
    assert.deepEqual(
      (await store.listServices()).map(({ name, owner, desired }) => [name, owner, desired]),
      [
        ["by hand", owner, "stopped"],
        ["new", owner, "running"],
      ],
    );
    const audits = (await store.listAudit({ limit: 100 })).length;
    const again = await apply(services);
    assert.deepEqual(
      again.steps.map(({ change }) => change),
      ["same", "same"],
    );
    assert.deepEqual([again.stored, again.removed, (await store.listAudit({ limit: 100 })).length], [[], [], audits]);
  });

  it("refuses names that stand there twice and new port conflicts, and applies nothing", async () => {
    await put(spec("web", { ports: [80] }));
    const issues = await issuesOf(apply([spec("a", { ports: [1, 80] }), spec("b", { ports: [1] }), spec("a")]));
    assert.deepEqual(issues, [
      'services.2.name: "a" stands there twice',
      'services.0.ports.0: port 1 is also declared by "b"',
      'services.0.ports.1: port 80 is also declared by "web"',
      'services.1.ports.0: port 1 is also declared by "a"',
    ]);
    assert.equal((await store.listServices()).length, 1);
  });

  it("does not hold an old conflict against an unrelated change, nor any when the check is off", async () => {
    await put(spec("web", { ports: [80] }));
    const off = settingsSchema.parse({ check_port_conflicts: false });
    await store.putSettings(off, actor);
    await apply([spec("a", { ports: [80] })]);
    await store.putSettings({ ...off, check_port_conflicts: true }, actor);
    const done = await apply([spec("a", { ports: [80], description: "words" })]);
    assert.equal(done.steps[0]?.change, "change");
  });

  it("plans anew when somebody changes something meanwhile", async () => {
    await put(spec("a"), owner);
    let interfered = false;
    const meddled: Store = {
      ...store,
      commitPlan: async (...args) => {
        if (!interfered) await put(spec("a", { ports: [7] }), owner);
        interfered = true;
        return store.commitPlan(...args);
      },
    };
    const done = await applyPlan(meddled, { owner, services: [spec("a", { ports: [8] })], dry_run: false }, actor);
    assert.deepEqual(done.steps[0]?.differences, [{ path: "ports", from: [7], to: [8] }]);
    assert.deepEqual((await store.getService("a"))?.ports, [8]);
  });
});
