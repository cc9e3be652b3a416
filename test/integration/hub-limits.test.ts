// The limits of promises.md on requests and sockets, each on a real socket: size, nesting, encoding, slowness, numbers. Those of time
// take their real seconds, all at once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { KIB, SECOND } from "../../src/base/units.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const BODY_LIMIT = 256 * KIB;
const CHECK = "POST /api/services/check";
/** Time for the slow ones; they end by the hub's own clock. */
const PATIENT = { timeout: 40 * SECOND };

/** A connection that is written to by hand, and what came over it. */
class Raw {
  readonly socket: Socket;
  text = "";
  /** The hub closed it. */
  readonly closed: Promise<string>;

  constructor(hub: TestHub) {
    this.socket = connect({ host: "127.0.0.1", port: hub.port, allowHalfOpen: true });
    this.socket.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
    this.socket.on("error", () => {});
    this.closed = once(this.socket, "end").then(
      () => this.text,
      () => this.text,
    );
  }

  /** Writes a byte every half second until the hub closes. */
  async drip(): Promise<string> {
    const timer = setInterval(() => void this.socket.write("a"), SECOND / 2);
    try {
      return await this.closed;
    } finally {
      clearInterval(timer);
      this.socket.destroy();
    }
  }

  /** Resolves when the hub has let go of its side wholly, and not only said its last. */
  async letGo(): Promise<void> {
    await this.closed;
    const broken = once(this.socket, "error");
    const timer = setInterval(() => void this.socket.write("a"), 20);
    await broken;
    clearInterval(timer);
  }
}

describe("a hub", { concurrency: true, timeout: 60 * SECOND }, () => {
  let hub: TestHub;
  before(async () => {
    hub = await startTestHub();
  });
  after(() => hub[Symbol.asyncDispose]());
  const head = (first: string, ...lines: string[]): string =>
    [`${first} HTTP/1.1`, `Host: 127.0.0.1:${hub.port}`, ...lines, "", ""].join("\r\n");
  const bodyHead = (length: number): string =>
    head("POST /api/services/check", "Content-Type: application/json", `Content-Length: ${length}`);
  const raw = (text: string): Raw => {
    const made = new Raw(hub);
    if (text !== "") made.socket.write(text);
    return made;
  };

  it("takes a body of 256 KiB, and not one byte more, whether or not it says its length", async () => {
    const bodyOf = (bytes: number): string => `{"name":"${"x".repeat(bytes - '{"name":""}'.length)}"}`;
    assert.equal((await hub.request(CHECK, { raw: bodyOf(BODY_LIMIT) })).status, 200);
    const more = bodyOf(BODY_LIMIT + 1);
    assert.equal((await hub.request(CHECK, { raw: more })).json.code, "too_large");
    const chunked = head("POST /api/services/check", "Content-Type: application/json", "Transfer-Encoding: chunked");
    const cut = raw(`${chunked}${more.length.toString(16)}\r\n${more}\r\n0\r\n\r\n`);
    assert.match(await cut.closed, /^HTTP\/1\.1 413 /);
    cut.socket.destroy();
    // Said to be too long: refused before any of it came.
    const announced = raw(bodyHead(10_000_000_000));
    assert.match(await announced.closed, /^HTTP\/1\.1 413 [^]*connection: close/i);
    announced.socket.destroy();
  });

  it("takes nesting of 20, and not of 21, and does not count what stands in strings", async () => {
    const nested = (deep: number): string => `{"name":${"[".repeat(deep - 1)}${"]".repeat(deep - 1)}}`;
    assert.equal((await hub.request(CHECK, { raw: nested(20) })).status, 200);
    assert.match((await hub.request(CHECK, { raw: nested(21) })).text, /nested more than 20 deep/);
    assert.equal((await hub.request(CHECK, { raw: `{"name":"${'[{\\"'.repeat(500)}"}` })).status, 200);
  });

  it("takes plain bodies only, also where it wants none", async () => {
    for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, identity"]) {
      for (const key of [CHECK, "POST /api/services/x/start", "GET /api/status"]) {
        const reply = await hub.request(key, { raw: "{}", headers: { "content-encoding": encoding } });
        assert.deepEqual([reply.status, reply.json.code], [415, "wrong_type"], `${key} ${encoding}`);
      }
    }
    assert.equal((await hub.request(CHECK, { raw: "{}", headers: { "content-encoding": "identity" } })).status, 200);
  });

  it("takes a hundred headers, and not one more, for sockets too", async () => {
    // Host, Connection, Content-Type and Content-Length, or those of an upgrade, are among them.
    const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `X-${i}: y`);
    const ask = async (count: number): Promise<string> => {
      const made = raw(head("GET /health", "Connection: close", ...lines(count - 2)));
      const said = await made.closed;
      made.socket.destroy();
      return said.slice(0, 12);
    };
    assert.deepEqual([await ask(100), await ask(101)], ["HTTP/1.1 200", "HTTP/1.1 400"]);
    const headers = Object.fromEntries(lines(100).map((line) => line.split(": ")));
    await assert.rejects(hub.connect({ headers }), /400/);
  });

  it("ends who says nothing, or dawdles with the headers", PATIENT, async () => {
    const silent = raw("");
    const slow = raw("GET /health HTTP/1.1\r\nX: ");
    const said = await Promise.all([silent.closed, slow.drip()]);
    assert.match(said[1], /^HTTP\/1\.1 408 /);
    silent.socket.destroy();
  });

  it("ends who dawdles with a request, and answers others meanwhile", PATIENT, async () => {
    const slow = raw(bodyHead(1000));
    const unread = raw(head("POST /api/services/x/start", "Content-Length: 1000"));
    const dripped = Promise.all([slow.drip(), unread.drip()]);
    assert.equal((await hub.request("GET /health")).status, 200);
    const said = await dripped;
    assert.match(said[0], /^HTTP\/1\.1 408 /);
    assert.match(said[1], /^HTTP\/1\.1 404 /);
  });

  it("closes a connection that nobody uses any more", PATIENT, async () => {
    const kept = raw(head("GET /health"));
    const said = await kept.closed;
    assert.match(said, /^HTTP\/1\.1 200 [^]*Keep-Alive: timeout=10/i);
    kept.socket.destroy();
  });

  it("takes messages of 256 KiB over the socket, and not one byte more", async () => {
    const probe = await hub.connect();
    const refused = probe.next("error");
    probe.send("x".repeat(BODY_LIMIT));
    assert.match((await refused).detail, /not JSON/);
    probe.send("x".repeat(BODY_LIMIT + 1));
    assert.equal(await probe.closed(), 1009);
  });

  it("is not impressed by nesting, nor by binary messages", async () => {
    const probe = await hub.connect();
    const refused = probe.next("error");
    probe.send("[".repeat(100_000) + "]".repeat(100_000));
    assert.match((await refused).detail, /Cannot read the message/);
    probe.socket.send(Buffer.from("{}"), { binary: true });
    assert.equal(await probe.closed(), 1008);
  });

  it("takes 50 messages in a second over a socket, and not one more, pings among them", async () => {
    const many = await hub.connect();
    for (let i = 0; i < 51; i++) many.send("{");
    assert.equal(await many.closed(), 1008);
    assert.equal(many.messages.filter(({ type }) => type === "error").length, 50);
    const pinging = await hub.connect();
    let pongs = 0;
    pinging.socket.on("pong", () => (pongs += 1));
    const closed = pinging.closed();
    for (let i = 0; i < 200; i++) pinging.socket.ping();
    assert.equal(await closed, 1008);
    assert.ok(pongs <= 51, `${pongs} pongs`);
  });

  it("never compresses what goes over a socket", async () => {
    const offering = new WebSocket(`ws://127.0.0.1:${hub.port}/ws`, { perMessageDeflate: true });
    const [response] = (await once(offering, "upgrade")) as [{ headers: Record<string, string> }];
    assert.equal(response.headers["sec-websocket-extensions"], undefined);
    offering.terminate();
  });

  it("lets go of a connection whose upgrade it refused, though the caller does not", async () => {
    const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"];
    const key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
    for (const path of ["/other", "//x/ws", "/ws/", "/./ws", "/x/../ws", "/WS", "/%77s", "//", "http://x/ws"]) {
      const refused = raw(head(`GET ${path}`, ...upgrade, key));
      await refused.letGo();
      assert.match(refused.text, /^HTTP\/1\.1 40[04] /, path);
    }
  });

  it("answers in HTTP/1.1 who offers to go on with something else", async () => {
    const offered = raw(head("GET /health", "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c"));
    assert.match(await offered.closed, /^HTTP\/1\.1 200 /);
    offered.socket.destroy();
  });

  it("answers HEAD of a stream, and ends it", async () => {
    assert.equal((await hub.request("HEAD /api/events")).status, 200);
    await hub.request("POST /api/services", { body: { name: "api", start_cmd: "x" } });
    assert.equal((await hub.request("HEAD /api/services/api/logs/follow")).status, 200);
    while (hub.agent.follows.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
