import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { needs } from "../../../test/support/needs.ts";
import { createProcessTable } from "../processes/create-process-table.ts";
import { cgroupMembers } from "../processes/process-tree.ts";
import { Sampler } from "./sampler.ts";

/** A cgroup of its own below the root of version 2, or undefined where that may not be made. */
function makeCgroup(): string | undefined {
  try {
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];
    if (mount === undefined) return undefined;
    const directory = join(mount, `tailherd-sampler-test-${process.pid}`);
    mkdirSync(directory);
    return directory;
  } catch {
    return undefined;
  }
}

async function removeCgroup(directory: string): Promise<void> {
  // An orphan's end cannot be waited for; it is out of the cgroup within moments of its SIGKILL.
  while (cgroupMembers(directory).length > 0) await new Promise((resolve) => setImmediate(resolve));
  rmdirSync(directory);
}

test("Sampler sees all of a real cgroup: orphans, CPU of children that have ended, but not the shim", async (t) => {
  const cgroup = makeCgroup();
  if (!needs(t, cgroup !== undefined, "cgroup v2 that we may write")) return;
  assert.ok(cgroup !== undefined);
  // The outer shell is as a shim; it starts a service, whose child is orphaned at once.
  const script = `
    echo 0 >"$1/cgroup.procs"
    read go
    sh -c '
      (sleep 1000 &)
      echo $$
      read line
      i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done &
      wait
      echo burnt
      read line' <&3`;
  const shim = spawn("/bin/sh", ["-c", script, "shim", cgroup], { stdio: ["pipe", "pipe", "inherit", "pipe"] });
  const service = shim.stdio[3];
  assert.ok(service !== null && service !== undefined && "write" in service);
  try {
    shim.stdin?.write("go\n");
    assert.ok(shim.stdout !== null);
    const [line] = (await once(shim.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    const clock = new FakeClock(Date.now());
    const sampler = new Sampler({ table: createProcessTable(), dataDir: tmpdir(), clock });
    const instance = {
      service: "s",
      index: 0,
      pids: [pid],
      shims: [shim.pid ?? 0],
      cgroups: [cgroup],
      ports: [],
    };
    const first = (await sampler.sample([instance])).instances[0];
    assert.equal(first?.processes.length, 2);
    assert.equal(first.processes[0]?.pid, pid);
    assert.notEqual(first.processes[1]?.ppid, pid);
    service.write("burn\n");
    await once(shim.stdout, "data");
    clock.advance(SECOND);
    const second = (await sampler.sample([instance])).instances[0];
    assert.ok((second?.cpu ?? 0) > 1, `cpu ${second?.cpu}`);
  } finally {
    const ended = once(shim, "exit");
    for (const pid of cgroupMembers(cgroup)) process.kill(pid, "SIGKILL");
    await ended;
    await removeCgroup(cgroup);
  }
});
