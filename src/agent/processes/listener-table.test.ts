import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { MINUTE, SECOND } from "../../base/units.ts";
import { ListenerTable } from "./listener-table.ts";

/** A directory like /proc with listening sockets and descriptors, to be changed at will. */
function procFixture() {
  const path = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(path, "self/net"), { recursive: true });
  const fixture = {
    path,
    sockets(inUse: number, rows: [port: number, inode: number][]) {
      const lines = rows.map(([port, inode]) => {
        const hex = port.toString(16).toUpperCase().padStart(4, "0");
        return `   0: 00000000:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0\n`;
      });
      writeFileSync(join(path, "self/net/tcp"), `  sl  local_address\n${lines.join("")}`);
      writeFileSync(join(path, "self/net/sockstat"), `sockets: used 9\nTCP: inuse ${inUse} orphan 0 tw 0\n`);
    },
    holds(pid: number, ...inodes: number[]) {
      rmSync(join(path, String(pid)), { recursive: true, force: true });
      mkdirSync(join(path, String(pid), "fd"), { recursive: true });
      symlinkSync("/dev/null", join(path, String(pid), "fd", "0"));
      for (const inode of inodes) symlinkSync(`socket:[${inode}]`, join(path, String(pid), "fd", String(inode)));
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
  return fixture;
}

const A = { pid: 7, startTicks: 1 };

test("ListenerTable reads again when the number of sockets changed: at once when eager, else after a gap", () => {
  using proc = procFixture();
  const clock = new FakeClock();
  proc.sockets(1, [[80, 100]]);
  const listeners = new ListenerTable({ procRoot: proc.path, clock });
  const ports = () => listeners.all().map((socket) => socket.port);
  listeners.refresh();
  assert.deepEqual(ports(), [80]);
  proc.sockets(2, [
    [80, 100],
    [81, 101],
  ]);
  listeners.refresh();
  assert.deepEqual(ports(), [80]);
  listeners.refresh("eager");
  assert.deepEqual(ports(), [80, 81]);
  proc.sockets(1, [[81, 101]]);
  clock.advance(31 * SECOND);
  listeners.refresh();
  assert.deepEqual(ports(), [81]);
});

test("ListenerTable notices one socket replaced by another within two minutes, though their number stays", () => {
  using proc = procFixture();
  const clock = new FakeClock();
  proc.sockets(1, [[80, 100]]);
  const listeners = new ListenerTable({ procRoot: proc.path, clock });
  listeners.refresh();
  proc.sockets(1, [[90, 200]]);
  clock.advance(31 * SECOND);
  listeners.refresh();
  assert.equal(listeners.onPort(90).length, 0);
  clock.advance(2 * MINUTE);
  listeners.refresh();
  assert.equal(listeners.onPort(90).length, 1);
});

test("ListenerTable reads descriptors again only after a new socket appeared, or for a new process", () => {
  using proc = procFixture();
  proc.sockets(1, [[80, 100]]);
  proc.holds(7, 100);
  const listeners = new ListenerTable({ procRoot: proc.path, clock: new FakeClock() });
  listeners.refresh();
  assert.deepEqual(listeners.portsOf([A]), [80]);
  // What it holds now is not looked at while no socket is new...
  proc.holds(7);
  assert.deepEqual(listeners.portsOf([A]), [80]);
  // ...but another process under the same pid is never taken for it...
  assert.deepEqual(listeners.portsOf([{ pid: 7, startTicks: 2 }]), []);
  // ...and a new socket makes it look again.
  proc.holds(7, 101);
  proc.sockets(2, [
    [80, 100],
    [81, 101],
  ]);
  listeners.refresh("force");
  assert.deepEqual(listeners.portsOf([A]), [81]);
  proc.sockets(1, [[80, 100]]);
  listeners.refresh("force");
  assert.deepEqual(listeners.portsOf([A]), []);
});

test("findHolders() names the first process that holds each socket", () => {
  using proc = procFixture();
  proc.holds(7, 100, 102);
  proc.holds(8, 100, 101);
  const listeners = new ListenerTable({ procRoot: proc.path });
  const holders = listeners.findHolders(new Set([100, 101, 999]), [6, 7, 8]);
  assert.deepEqual(
    [...holders],
    [
      [100, 7],
      [101, 8],
    ],
  );
});
