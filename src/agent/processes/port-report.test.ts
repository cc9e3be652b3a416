import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { MINUTE } from "../../base/units.ts";
import { createProcessTable } from "./create-process-table.ts";
import { ListenerTable } from "./listener-table.ts";
import { PortReport } from "./port-report.ts";
import { isAccessible } from "./probe.ts";

const table = createProcessTable();

async function listen(host: string) {
  const server: Server = createServer((socket) => socket.on("error", () => {}).resume());
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

function holderOf(pid: number) {
  return { pid, startTicks: table.stat(pid)?.startTicks ?? 0 };
}

/** A child that listens on IPv4 and IPv6 through a grandchild, so that only the whole tree tells its ports. */
async function startListeningTree() {
  const program = `
    const { createServer } = require("node:net");
    const a = createServer().listen(0, "127.0.0.1", () => {
      const b = createServer().listen(0, "::1", () => console.log(JSON.stringify([process.pid, a.address().port, b.address().port])));
    });
    process.stdin.resume().on("end", () => process.exit());`;
  const child = spawn("/bin/sh", ["-c", '"$0" -e "$1"; true', process.execPath, program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const [pid, four, six] = JSON.parse(line.toString()) as [number, number, number];
  return {
    shell: child.pid ?? 0,
    pid,
    four,
    six,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

test("ports of a whole tree are detected, IPv4 and IPv6, and go when it ends", async () => {
  const listeners = new ListenerTable();
  {
    await using tree = await startListeningTree();
    listeners.refresh("force");
    assert.deepEqual(listeners.portsOf([holderOf(tree.shell)]), []);
    assert.deepEqual(
      listeners.portsOf([holderOf(tree.shell), holderOf(tree.pid)]),
      [tree.four, tree.six].sort((a, b) => a - b),
    );
    const rows = listeners.onPort(tree.six);
    assert.deepEqual(
      rows.map((socket) => [socket.address, socket.family]),
      [["::1", "ipv6"]],
    );
    const report = new PortReport({ listeners, table });
    const [own] = await report.statusOf([tree.four], [holderOf(tree.shell), holderOf(tree.pid)]);
    assert.equal(own?.pid, tree.pid);
    assert.equal(own.own, true);
    assert.equal(own.accessible, true);
    const listed = report.list((pid) => (pid === tree.pid ? "api" : null));
    assert.deepEqual(
      listed.filter((row) => row.service === "api").map((row) => row.port),
      [tree.four, tree.six].sort((a, b) => a - b),
    );
  }
  listeners.refresh("force");
  assert.deepEqual(listeners.portsOf([]), []);
});

test("a stranger on a declared port is named by pid and command, a free port is free", async () => {
  await using mine = await listen("127.0.0.1");
  let free: number;
  {
    await using closed = await listen("127.0.0.1");
    free = closed.port;
  }
  const listeners = new ListenerTable();
  listeners.refresh("force");
  const report = new PortReport({ listeners, table });
  const [taken, open] = await report.statusOf([mine.port, free], []);
  assert.equal(taken?.in_use, true);
  assert.equal(taken.own, false);
  assert.equal(taken.pid, process.pid);
  assert.match(taken.command ?? "", /port-report\.test\.ts/);
  assert.deepEqual(open, { port: free, in_use: false, accessible: false, pid: null, command: null, own: false });
});

test("a connection is tried for a new listener and then once a minute, not at each asking", async () => {
  await using mine = await listen("127.0.0.1");
  const clock = new FakeClock();
  const tried: number[] = [];
  const listeners = new ListenerTable();
  listeners.refresh("force");
  const probe = (port: number) => {
    tried.push(port);
    return Promise.resolve(true);
  };
  const report = new PortReport({ listeners, table, clock, probe });
  for (let interval = 0; interval < 12; interval += 1) {
    assert.equal((await report.statusOf([mine.port], []))[0]?.accessible, true);
    clock.advance(MINUTE / 12);
  }
  assert.equal(tried.length, 1);
  await report.statusOf([mine.port], []);
  assert.equal(tried.length, 2);
});

test("isAccessible() tries IPv4, then IPv6, and says no where nobody listens", async () => {
  await using four = await listen("127.0.0.1");
  await using six = await listen("::1");
  assert.equal(await isAccessible(four.port), true);
  assert.equal(await isAccessible(six.port), true);
  let port: number;
  {
    await using closed = await listen("127.0.0.1");
    port = closed.port;
  }
  assert.equal(await isAccessible(port), false);
});
