// /ws and the streams: snapshot, changes, output, slow clients, resuming.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { SECOND } from "../../src/base/units.ts";
import type { StoredEvent, TailherdEvent } from "../../src/contract/events.ts";
import { serverMessageSchema } from "../../src/contract/live.ts";
import { instanceRow } from "../support/fake-agent.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

function stateEvent(id: string, service = "api"): TailherdEvent {
  const common = { id, at: new Date().toISOString(), service, server_id: null, index: 0, by: null };
  return { ...common, type: "instance.state", state: "running", from: "starting", reason: null, pid: 1 };
}

async function withService(hub: TestHub, name = "api"): Promise<void> {
  await hub.request("POST /api/services", { body: { name, start_cmd: "x" } });
}

describe("a subscriber", () => {
  it("gets a snapshot, then whole rows of what changed, once per turn", async () => {
    await using hub = await startTestHub();
    await withService(hub);
    await withService(hub, "web");
    const probe = await hub.connect();
    const snapshot = await probe.subscribe("services");
    assert.deepEqual(
      snapshot?.data.statuses.map(({ name }) => name),
      ["api", "web"],
    );
    const changed = probe.next("status_changed");
    hub.agent.tell(instanceRow("api", "starting"));
    hub.agent.tell(instanceRow("api", "running"), instanceRow("web", "fatal", { reason: "no such directory" }));
    const { data } = await changed;
    assert.deepEqual(
      data.map(({ name, state }) => [name, state]),
      [
        ["api", "running"],
        ["web", "fatal"],
      ],
    );
    for (const message of probe.messages) serverMessageSchema.parse(message);
  });

  it("hears of servers: all of them, then those that changed", async () => {
    await using hub = await startTestHub();
    const probe = await hub.connect();
    const all = probe.next("servers");
    probe.send({ type: "subscribe", topics: ["servers"] });
    const [home] = (await all).data;
    assert.equal(home?.kind, "hub");
    const changed = probe.next("servers_changed", ({ data }) => data.changed.some(({ tags }) => tags.includes("eu")));
    await hub.request(`PATCH /api/servers/${home.id}`, { body: { tags: ["eu"] } });
    assert.deepEqual((await changed).data.removed, []);
  });

  it("hears its topics only", async () => {
    await using hub = await startTestHub();
    await withService(hub);
    const probe = await hub.connect();
    await probe.subscribe("services", "events");
    probe.send({ type: "unsubscribe", topics: ["services"] });
    // Messages are taken in order: the answer to this one comes after the one before has counted.
    const taken = probe.next("error");
    probe.send("{");
    await taken;
    const event = probe.next("event", ({ data }) => data.event.id === "e1");
    hub.agent.tell(instanceRow("api", "running"));
    hub.agent.tellSamples();
    hub.agent.tellEvent(stateEvent("e1"));
    assert.ok((await event).data.seq > 0);
    assert.ok(!probe.messages.some(({ type }) => type === "status_changed"));
  });

  it("follows output while it wants to, with others over one subscription at the agent", async () => {
    await using hub = await startTestHub();
    await withService(hub);
    const [one, two] = [await hub.connect(), await hub.connect()];
    for (const probe of [one, two]) await probe.subscribe("services", "output:api");
    const heard = [one.next("output"), two.next("output")];
    hub.agent.write("api", "hello");
    for (const { data } of await Promise.all(heard)) {
      assert.deepEqual([data.service, data.index, data.lines[0]?.text, data.skipped], ["api", 0, "hello", 0]);
    }
    assert.equal(hub.agent.follows.size, 1);
    one.send({ type: "unsubscribe", topics: ["output:api"] });
    two.socket.close();
    await two.closed();
    const refused = one.next("error");
    one.send({ type: "subscribe", topics: ["output:nothing"] });
    assert.match((await refused).detail, /There is no service "nothing"/);
    assert.equal(hub.agent.follows.size, 0);
  });

  it("is told what it sent wrong, and closed for too many messages or too large ones", async () => {
    await using hub = await startTestHub();
    const probe = await hub.connect();
    for (const message of ["{", '{"type":"explode"}', '{"type":"subscribe","topics":["everything"]}']) {
      const error = probe.next("error");
      probe.send(message);
      assert.match((await error).detail, /^Cannot read the message/);
    }
    const flooding = await hub.connect();
    for (let count = 0; count < 60; count++) flooding.send({ type: "unsubscribe", topics: [] });
    assert.equal(await flooding.closed(), 1008);
    const large = await hub.connect();
    large.send("x".repeat(300_000));
    assert.equal(await large.closed(), 1009);
  });
});

describe("a client that does not read", () => {
  it("is sent the newest state when it reads again, not everything in between", { timeout: 20_000 }, async () => {
    await using hub = await startTestHub();
    const description = "x".repeat(1900);
    for (let i = 0; i < 100; i++) {
      await hub.request("POST /api/services", { body: { name: `s${i}`, start_cmd: "x", description } });
    }
    const slow = await hub.connect();
    await slow.subscribe("services");
    const witness = await hub.connect();
    await witness.subscribe("services");
    slow.socket.pause();
    const rows = (round: number): Parameters<typeof hub.agent.tell> =>
      Array.from({ length: 100 }, (_, i) => instanceRow(`s${i}`, "running", { restart_count: round }));
    for (let round = 1; round <= 100; round++) {
      const heard = witness.next("status_changed");
      hub.agent.tell(...rows(round));
      await heard;
    }
    const before = slow.messages.length;
    const newest = slow.next("status_changed", ({ data }) =>
      data.every(({ runtime }) => runtime.restart_count === 100),
    );
    slow.socket.resume();
    await newest;
    assert.ok(slow.messages.length - before < 100, `heard ${slow.messages.length - before} of 100`);
  });

  it("is dropped after ten seconds, and told to connect again", { timeout: 30_000 }, async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await startTestHub({ clock });
    for (let i = 0; i < 50; i++) {
      const body = { name: `s${i}`, start_cmd: "x", description: "x".repeat(1900) };
      await hub.request("POST /api/services", { body });
    }
    const slow = await hub.connect();
    await slow.subscribe("services");
    const witness = await hub.connect();
    await witness.subscribe("services");
    const closed = slow.closed();
    slow.socket.pause();
    // The kernel first takes what fits into its buffers, up to some 10 MB; only then is the client behind, and its time runs.
    const FILLING = 160;
    const LATE = 96;
    for (let round = 0; round < FILLING + LATE; round++) {
      const heard = witness.next("status_changed");
      hub.agent.tell(
        ...Array.from({ length: 50 }, (_, i) => instanceRow(`s${i}`, "running", { restart_count: round })),
      );
      await heard;
      if (round >= FILLING) clock.advance(SECOND / 8);
    }
    slow.socket.resume();
    assert.equal(await closed, 4008);
  });
});

describe("server-sent events", () => {
  /** Reads a stream until it holds this text. */
  async function readUntil(
    hub: TestHub,
    path: string,
    text: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const abort = new AbortController();
    const response = await fetch(hub.url + path, { headers, signal: abort.signal });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    let read = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      read += decoder.decode(chunk as Uint8Array, { stream: true });
      if (read.includes(text)) break;
    }
    abort.abort();
    return read;
  }

  it("resume after Last-Event-ID without gap or double", async () => {
    await using hub = await startTestHub();
    await withService(hub);
    for (let i = 0; i < 1200; i++) hub.agent.tellEvent(stateEvent(`e${i}`));
    let seq: number | undefined;
    while (seq === undefined) {
      // The hub's own events, of the service and of the server, may come after it.
      const recent: StoredEvent[] = (await hub.request("GET /api/events/recent?limit=20")).json;
      seq = recent.find(({ event }) => event.id === "e1199")?.seq;
    }
    const first = seq - 1100 + 1;
    const reading = readUntil(hub, "/api/events", '"id":"last"', { "last-event-id": String(first - 1) });
    for (let i = 0; i < 50; i++) hub.agent.tellEvent(stateEvent(`late${i}`));
    hub.agent.tellEvent(stateEvent("last"));
    const ids = [...(await reading).matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    assert.deepEqual(
      ids,
      Array.from({ length: ids.length }, (_, i) => first + i),
    );
    assert.ok(ids.length >= 1151);
  });

  it("are one service's where that is asked, and refuse an id that is none", async () => {
    await using hub = await startTestHub();
    const reading = readUntil(hub, "/api/events?service=web", '"id":"w1"', { "last-event-id": "0" });
    hub.agent.tellEvent(stateEvent("a1", "api"));
    hub.agent.tellEvent(stateEvent("w1", "web"));
    assert.ok(!(await reading).includes('"id":"a1"'));
    const refused = await hub.request("GET /api/events", { headers: { "last-event-id": "yesterday" } });
    assert.equal(refused.status, 400);
  });

  it("follow output from a cursor on, and let go of the agent when the reader leaves", async () => {
    await using hub = await startTestHub();
    await withService(hub);
    hub.agent.write("api", "one");
    hub.agent.write("api", "two");
    const read = await readUntil(hub, "/api/services/api/logs/follow?after=00000000", "two");
    assert.ok(!read.includes('"text":"one"'));
    assert.match(read, /id: 00000001\nevent: line\ndata: \{"index":0,/);
    while (hub.agent.follows.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("closing", () => {
  it("ends open streams and sockets and frees the port", async () => {
    const hub = await startTestHub();
    const probe = await hub.connect();
    const closed = probe.closed();
    const stream = await fetch(`${hub.url}/api/events`);
    const read = stream.text().catch(() => "broken off");
    await hub[Symbol.asyncDispose]();
    await Promise.all([closed, read]);
    const socket = connect({ host: "127.0.0.1", port: hub.port });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
    assert.equal(hub.agent.linked, false);
  });
});
