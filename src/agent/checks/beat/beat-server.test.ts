import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import { silentLogger } from "../../../runtime/logger.ts";
import { BeatServer } from "./beat-server.ts";
import { beatUrl, makeSecret } from "./request.ts";

interface Answer {
  status: number | undefined;
  body: string;
  connection: string | undefined;
}

describe("the port for heartbeat URLs", () => {
  let agentDir: string;
  let clock: FakeClock;
  let closing: (() => void)[] = [];

  beforeEach(() => {
    agentDir = mkdtempSync(join(tmpdir(), "beat-"));
    clock = new FakeClock();
  });
  afterEach(() => {
    for (const close of closing.splice(0)) close();
    rmSync(agentDir, { recursive: true });
  });

  /** A port that is listened on, with somebody who may call. */
  const open = async () => {
    const server = new BeatServer({ agentDir, clock, logger: silentLogger });
    closing.push(() => server.close());
    const heard = { calls: 0 };
    const secret = makeSecret();
    server.hear(secret, () => (heard.calls += 1));
    server.open();
    await server.settled();
    return { server, heard, secret, url: beatUrl(server.port ?? 0, secret) };
  };

  it("takes any call that knows a secret, and answers anything else with nothing", async () => {
    const { server, heard, secret, url } = await open();
    for (const method of ["GET", "HEAD", "POST"]) {
      clock.advance(SECOND);
      assert.deepEqual(await call(url, { method }), { status: 204, body: "", connection: "close" });
    }
    clock.advance(SECOND);
    assert.equal((await call(url, { method: "POST", body: "x".repeat(100_000) })).status, 204);
    assert.equal(heard.calls, 4);
    const nothing = { status: 404, body: "", connection: "close" };
    assert.deepEqual(await call(beatUrl(server.port ?? 0, makeSecret())), nothing);
    assert.deepEqual(await call(url, { host: `rebound.example:${server.port}` }), nothing);
    assert.deepEqual(await call(url, { method: "DELETE" }), nothing);
    server.free(secret);
    assert.deepEqual(await call(url), nothing);
    assert.equal(heard.calls, 4);
  });

  it("is the same again for the agent after this one", async () => {
    const { server } = await open();
    const { port } = server;
    server.close();
    assert.equal((await open()).server.port, port);
  });

  it("is tried again when something else has taken it, and says so", async () => {
    const before = await open();
    const port = before.server.port ?? 0;
    before.server.close();
    const taker = createServer().listen(port, "127.0.0.1");
    await once(taker, "listening");
    const { server, url, heard } = await open();
    assert.equal(server.since, null);
    assert.equal(
      server.problem,
      `cannot hear calls of heartbeat URLs: port ${port} of 127.0.0.1 is taken by something else`,
    );
    assert.equal(await server.caughtUp(), false);
    taker.close();
    await once(taker, "close");
    const changed = Promise.withResolvers<void>();
    server.onChange(changed.resolve);
    clock.advance(5 * SECOND);
    await changed.promise;
    assert.deepEqual([server.problem, server.port], [null, port]);
    assert.equal((await call(url)).status, 204);
    assert.equal(heard.calls, 1);
  });

  it("counts a call at once, and lets who calls without a pause wait for the answer", async () => {
    const { heard, url } = await open();
    await call(url);
    let answered = false;
    const second = call(url).then((answer) => {
      answered = true;
      return answer;
    });
    while (heard.calls < 2) await turn();
    assert.equal(answered, false);
    clock.advance(100);
    assert.equal((await second).status, 204);
  });

  it("lets the oldest of too many connections make room, and counts nobody's silence from before that", async () => {
    const { server, heard, url } = await open();
    const idle: Socket[] = [];
    closing.push(() => {
      for (const socket of idle) socket.destroy();
    });
    for (let at = 0; at < 64; at += 1) {
      const socket = connect(server.port ?? 0, "127.0.0.1");
      socket.on("error", () => undefined);
      idle.push(socket);
      await once(socket, "connect");
    }
    const cut = once(idle[0] ?? assert.fail(), "close");
    clock.advance(7 * SECOND);
    assert.equal((await call(url)).status, 204);
    await cut;
    assert.equal(heard.calls, 1);
    assert.equal(server.since, clock.monotonic());
  });

  it("closes unread what comes faster than it listens", async () => {
    const { server, url } = await open();
    const since = server.since ?? 0;
    clock.advance(SECOND);
    let refused = 0;
    for (let at = 0; at < 1001; at += 1) {
      const answer = await call(url.replace(/.$/, "-x")).catch(() => undefined);
      if (answer === undefined) refused += 1;
    }
    assert.equal(refused, 1);
    assert.equal(server.since, since + SECOND);
    clock.advance(SECOND);
    assert.equal((await call(url)).status, 204);
  });

  it("answers one request of a connection, and none that is too much", async () => {
    const { server, heard, url } = await open();
    const path = new URL(url).pathname;
    const line = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`;
    const two = await say(server.port ?? 0, `${line}\r\n${line}\r\n`);
    assert.equal(two.match(/HTTP\/1\.1 204/g)?.length, 1);
    assert.equal(heard.calls, 1);
    assert.match(await say(server.port ?? 0, `${line}X: ${"x".repeat(9000)}\r\n\r\n`), /^HTTP\/1\.1 431/);
    assert.match(await say(server.port ?? 0, "\r\nnonsense\r\n\r\n"), /^HTTP\/1\.1 400/);
    assert.equal(heard.calls, 1);
  });

  it("knows when all is heard", async () => {
    const { server } = await open();
    assert.deepEqual(await Promise.all([server.caughtUp(), server.caughtUp()]), [true, true]);
    server.close();
    assert.equal(await server.caughtUp(), false);
  });
});

function call(
  url: string,
  { method = "GET", host, body }: { method?: string; host?: string; body?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request(url, { method, agent: false, headers: host === undefined ? {} : { host } }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part: string) => (text += part));
    response.on("error", reject);
    response.on("end", () => {
      resolve({ status: response.statusCode, body: text, connection: response.headers.connection });
    });
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

/** All that is answered to these bytes. */
async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  let answer = "";
  socket.on("data", (part: string) => (answer += part));
  socket.write(text);
  await once(socket, "close");
  return answer;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
