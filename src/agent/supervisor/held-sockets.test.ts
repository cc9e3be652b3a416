import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { systemClock } from "../../base/clock.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import { heldSocketSchema } from "../../contract/sockets.ts";
import { needs } from "../../../test/support/needs.ts";
import { freePort } from "../../../test/support/ports.ts";
import { addressOf, holdingOf, listenLines, NOTHING_HELD, openSockets, spawnHolding } from "./held-sockets.ts";

const tools = { clock: systemClock, mayBeFree: () => false };

function held(port: number, host = "127.0.0.1") {
  return { sockets: [{ name: "web", host, port }], shared: false };
}

describe("holdingOf()", () => {
  it("is nothing without sockets, however many instances, and shared where several listen", () => {
    const spec = (input: object) => serviceSpecSchema.parse({ name: "a", start_cmd: "true", ...input });
    assert.equal(holdingOf(spec({ instances: 3 })), NOTHING_HELD);
    const sockets = [{ name: "socket", host: "127.0.0.1", port: 80 }];
    assert.deepEqual(holdingOf(spec({ sockets })), { sockets, shared: false });
    assert.deepEqual(holdingOf(spec({ sockets, instances: 2 })), { sockets, shared: true });
  });
});

describe("listenLines()", () => {
  it("tells the shell names as they are, whatever the schema lets through", () => {
    const names = fc
      .array(
        fc
          .string({ minLength: 1, maxLength: 20 })
          .filter((name) => heldSocketSchema.safeParse({ name, port: 1 }).success),
        { minLength: 1, maxLength: 5 },
      )
      .map((all) => all.map((name, at) => ({ name, host: "127.0.0.1", port: at + 1 })));
    fc.assert(
      fc.property(names, (sockets) => {
        const script = `${listenLines(sockets, "$$").join("")}\nprintf '%s\\n' "$LISTEN_FDS" "$LISTEN_FDNAMES" "$((LISTEN_PID - $$))"`;
        const [count, told, pid] = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\n");
        assert.deepEqual([count, told, pid], [String(sockets.length), sockets.map(({ name }) => name).join(":"), "0"]);
      }),
      { numRuns: 30 },
    );
    assert.deepEqual(listenLines([], "$$"), []);
  });
});

describe("openSockets()", () => {
  it("opens all or none, and says why in words", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const free = await freePort();
    const both = { sockets: [...held(free).sockets, ...held(port).sockets], shared: false };
    assert.deepEqual(await openSockets(both, tools), {
      ok: false,
      failure: { words: `cannot listen on 127.0.0.1:${port}: address already in use`, lasting: false },
    });
    const socket = connect(free, "127.0.0.1");
    const [error] = await once(socket, "error");
    assert.equal(error.code, "ECONNREFUSED");
    taken.close();
  });

  it("tries again as long as it may be free in a moment", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    let asked = 0;
    const mayBeFree = (): boolean => {
      asked += 1;
      if (asked === 3) taken.close();
      return true;
    };
    const opened = await openSockets(held(port), { clock: systemClock, mayBeFree });
    assert.ok(opened.ok && asked >= 3);
    for (const server of opened.servers) server.close();
  });

  it("opens a port of both families, each its own", async () => {
    const port = await freePort();
    const opened = await openSockets(
      { sockets: [...held(port, "::").sockets, ...held(port, "0.0.0.0").sockets], shared: false },
      tools,
    );
    assert.ok(opened.ok);
    for (const server of opened.servers) server.close();
  });
});

describe("spawnHolding()", () => {
  it("hands the sockets on in order, blocking, and whoever connected before is theirs", async (context) => {
    if (!needs(context, existsSync("/proc/self/fdinfo"), "/proc to look into")) return;
    const ports = await Promise.all([1, 2, 3, 4, 5].map(freePort));
    const sockets = ports.map((port) => ({ name: "s", host: "127.0.0.1", port }));
    const input = openSync("/dev/null", "r");
    const opened = await openSockets({ sockets, shared: false }, tools);
    assert.ok(opened.ok);
    // As a shim: something that lives and never accepts.
    const child = spawnHolding("/bin/sh", ["-c", "exec >/dev/null 2>&1 sleep 3600"], input, opened.servers).at(-1);
    assert.ok(child);
    for (const server of opened.servers) server.close();
    closeSync(input);
    try {
      for (const port of ports) {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        socket.destroy();
      }
      const look = 'for fd in 3 4 5 6 7; do grep flags: "/proc/$1/fdinfo/$fd"; readlink "/proc/$1/fd/$fd"; done';
      const seen = execFileSync("/bin/sh", ["-c", look, "sh", String(child.pid)], { encoding: "utf8" });
      const flags = [...seen.matchAll(/flags:\t(\d+)/g)].map(([, octal]) => Number.parseInt(octal ?? "", 8) & 0o4000);
      assert.deepEqual(flags, [0, 0, 0, 0, 0]);
      assert.equal(new Set(seen.match(/socket:\[\d+\]/g)).size, 5);
    } finally {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
  });
});

describe("addressOf()", () => {
  it("brackets what has colons of its own", () => {
    assert.deepEqual(
      [addressOf({ host: "127.0.0.1", port: 80 }), addressOf({ host: "::1", port: 80 })],
      ["127.0.0.1:80", "[::1]:80"],
    );
  });
});
