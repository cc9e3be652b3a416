import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import * as fc from "fast-check";
import { createProcessTable } from "./create-process-table.ts";
import { checkKeywords, listExternal } from "./external-list.ts";
import { ExternalMatcher, holdsKeywords, type KeywordService } from "./external-match.ts";
import { FakeProcessTable } from "./fake-process-table.ts";
import { ListenerTable } from "./listener-table.ts";
import { type ManagedInstance, type Self, Untouchable } from "./untouchable.ts";

const SELF: Self = { pid: 50, uid: 1000, script: "/opt/tailherd/dist/tailherd.js" };

/** pid 1 ─ 40 (shell) ─ 50 (tailherd) ─ 60 (a child of its own); 70 shim ─ 71 service ─ 72 its worker; 80, 81 strangers. */
function machine() {
  const table = new FakeProcessTable();
  const own = { uid: 1000 };
  table.add({ pid: 1, ppid: 0, argv: ["/sbin/init", "api"] });
  table.add({ pid: 40, argv: ["sh", "-c", "tailherd up # api"], ...own });
  table.add({ pid: 50, ppid: 40, argv: ["node", "/opt/tailherd/dist/tailherd.js", "up", "api"], ...own });
  table.add({ pid: 60, ppid: 50, argv: ["sh", "-c", "api hook"], ...own });
  table.add({ pid: 70, argv: ["sh", "/state/tailherd-shim", "api"], ...own });
  table.add({ pid: 71, ppid: 70, argv: ["api", "--port", "80"], ...own });
  table.add({ pid: 72, ppid: 71, argv: ["api-worker"], ...own });
  table.add({ pid: 80, argv: ["/usr/bin/API", "--Port", "81"], ...own });
  table.add({ pid: 81, argv: ["api", "of another user"], uid: 33 });
  table.add({ pid: 82, argv: ["node", "/opt/tailherd/dist/tailherd.js", "stop", "api"], ...own });
  table.add({ pid: 83, argv: ["sh", "/other/tailherd-shim", "api"], ...own });
  return table;
}

const MANAGED: ManagedInstance[] = [{ service: "api", pids: [70], cgroups: [] }];

function untouchable(table: FakeProcessTable, self = SELF, managed = MANAGED) {
  return new Untouchable({ table, managed, self, isShim: (command) => command.includes("tailherd-shim") });
}

function matchOne(table: FakeProcessTable, keywords: string[], self = SELF, managed = MANAGED): number[] {
  const matcher = new ExternalMatcher(table);
  const found = matcher.match([{ name: "s", keywords }], () => untouchable(table, self, managed));
  return found.get("s")?.processes.map((process) => process.pid) ?? [];
}

test("holdsKeywords() wants every keyword, in any case, in the whole line", () => {
  assert.equal(holdsKeywords("/usr/bin/Python3 App.py --port 80", ["python", "app.PY"]), true);
  assert.equal(holdsKeywords("python app.py", ["python", "other"]), false);
  assert.equal(holdsKeywords("node a b", ["a b"]), true);
  assert.equal(holdsKeywords("anything", []), false);
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => {
      const line = words.join(" ");
      assert.equal(holdsKeywords(line, words), true);
      assert.equal(holdsKeywords(line, [...words, `${line}x`]), false);
    }),
  );
});

test("a match leaves out tailherd, its ancestors, children, shims and CLI, what it runs, and other users", () => {
  assert.deepEqual(matchOne(machine(), ["api"]), [80]);
});

test("root matches processes of all users, but never pid 1", () => {
  assert.deepEqual(matchOne(machine(), ["api"], { ...SELF, uid: 0 }), [80, 81]);
});

test("what is not managed any more is matched in the next pass", () => {
  const table = machine();
  const matcher = new ExternalMatcher(table);
  const services: KeywordService[] = [{ name: "s", keywords: ["api", "80"] }];
  const pids = (managed: ManagedInstance[]) =>
    matcher
      .match(services, () => untouchable(table, SELF, managed))
      .get("s")
      ?.processes.map((process) => process.pid);
  assert.deepEqual(pids(MANAGED), []);
  table.remove(70);
  assert.deepEqual(pids([]), [71]);
  assert.deepEqual(pids([{ service: "s", pids: [71], cgroups: [] }]), []);
});

test("one pass serves all services, and with no keywords nothing is read at all", () => {
  const table = machine();
  const matcher = new ExternalMatcher(table);
  let made = 0;
  const judge = () => {
    made += 1;
    return untouchable(table);
  };
  assert.equal(matcher.match([{ name: "none", keywords: [] }], judge).size, 0);
  assert.equal(made, 0);
  assert.deepEqual(table.calls, { stat: 0, all: 0, argv: 0, environ: 0 });
  const found = matcher.match(
    [
      { name: "a", keywords: ["api"] },
      { name: "b", keywords: ["--port"] },
      { name: "c", keywords: ["nobody has this"] },
    ],
    judge,
  );
  assert.deepEqual(
    [...found].map(([name, match]) => [name, match.processes.map((process) => process.pid)]),
    [
      ["a", [80]],
      ["b", [80]],
      ["c", []],
    ],
  );
  // Each process once, and not the shim that is known.
  assert.equal(table.calls.argv, 10);
});

test("processes that stay the same and match nothing cost no read, and new ones are found at once", () => {
  const table = new FakeProcessTable();
  for (let pid = 100; pid < 200; pid += 1) table.add({ pid, argv: ["idle", String(pid)] });
  const matcher = new ExternalMatcher(table);
  const services = [{ name: "s", keywords: ["wanted"] }];
  const pass = () => matcher.match(services, () => untouchable(table, { ...SELF, uid: 0 }, []));
  pass();
  const before = { ...table.calls };
  for (let count = 0; count < 4; count += 1) pass();
  assert.equal(table.calls.argv - before.argv, 0);
  // Only who we are is looked up, once a pass.
  assert.ok(table.calls.stat - before.stat <= 4);
  table.add({ pid: 500, argv: ["wanted"] });
  assert.deepEqual(
    pass()
      .get("s")
      ?.processes.map((process) => process.pid),
    [500],
  );
  table.remove(500);
  assert.deepEqual(pass().get("s")?.processes, []);
});

test("a process that execs something else is seen by its new name", () => {
  const table = new FakeProcessTable();
  const process = table.add({ pid: 100, argv: ["sh", "launcher"] });
  const matcher = new ExternalMatcher(table);
  const count = () =>
    matcher.match([{ name: "s", keywords: ["server"] }], () => untouchable(table, { ...SELF, uid: 0 }, [])).get("s")
      ?.processes.length;
  assert.equal(count(), 0);
  process.argv = ["server"];
  process.name = "server";
  const counts = Array.from({ length: 6 }, count);
  assert.equal(counts.at(-1), 1);
});

test("keywords that match more than 20 processes are refused", () => {
  const table = new FakeProcessTable();
  for (let pid = 100; pid < 121; pid += 1) table.add({ pid, argv: ["worker"] });
  const matcher = new ExternalMatcher(table);
  const match = matcher
    .match([{ name: "s", keywords: ["worker"] }], () => untouchable(table, { ...SELF, uid: 0 }, []))
    .get("s");
  assert.equal(match?.processes.length, 21);
  assert.equal(match.refused, "its keywords match 21 processes, more than 20");
});

function sources(table: FakeProcessTable, self = SELF) {
  return { table, listeners: new ListenerTable(), untouchable: untouchable(table, self), now: Date.now };
}

test("the dry run shows what is refused, with the reason and the service", () => {
  const rows = listExternal(["api"], sources(machine())).processes;
  const reasons = Object.fromEntries(rows.map((row) => [row.pid, row.refused]));
  assert.deepEqual(reasons, {
    1: "process 1 keeps this machine running",
    40: "tailherd was started by it",
    50: "this is tailherd itself",
    60: "tailherd started it for itself",
    70: 'it belongs to service "api"',
    71: 'it belongs to service "api"',
    72: 'it belongs to service "api"',
    80: null,
    81: "it belongs to user user33",
    82: "it is a tailherd program",
    83: "it is a shim of tailherd",
  });
  assert.equal(rows.find((row) => row.pid === 72)?.service, "api");
});

test("without keywords the list holds only what can be adopted", () => {
  const { processes, total } = listExternal([], sources(machine()));
  assert.deepEqual(
    processes.map((row) => row.pid),
    [80],
  );
  assert.equal(total, 1);
});

test("checkKeywords() refuses keywords that hit more than 20 processes or an ancestor of tailherd", () => {
  const table = machine();
  assert.deepEqual(checkKeywords(["--port", "81"], sources(table)), []);
  assert.match(checkKeywords(["tailherd up"], sources(table))[0]?.message ?? "", /which tailherd was started by/);
  for (let pid = 100; pid < 130; pid += 1) table.add({ pid, argv: ["many"], uid: 1000 });
  const [problem] = checkKeywords(["many"], sources(table));
  assert.match(problem?.message ?? "", /match 30 processes now, more than 20/);
  assert.equal(problem?.severity, "error");
});

test("a real stranger is matched, and this test's own parents are not", async () => {
  const mark = `stranger-of-${process.pid}`;
  const child = spawn("/bin/sh", ["-c", "echo ready; read line", mark], { stdio: ["pipe", "pipe", "ignore"] });
  try {
    await once(child.stdout, "data");
    const table = createProcessTable();
    const matcher = new ExternalMatcher(table);
    // As if another process were tailherd: a child of this one would be its own.
    const self = { pid: 999_999_999, uid: process.getuid?.() ?? 0, script: "" };
    const judge = () => new Untouchable({ table, managed: [], self, isShim: () => false });
    const match = matcher.match([{ name: "s", keywords: [mark.toUpperCase()] }], judge).get("s");
    assert.deepEqual(
      match?.processes.map((process) => process.pid),
      [child.pid],
    );
    const ours = () => new Untouchable({ table, managed: [], isShim: () => false });
    assert.deepEqual(new ExternalMatcher(table).match([{ name: "s", keywords: [mark] }], ours).get("s")?.processes, []);
  } finally {
    child.stdin.end();
    await once(child, "exit");
  }
});
