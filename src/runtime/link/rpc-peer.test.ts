import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import { type Channel, channelPair } from "./channel.ts";
import { RpcPeer, type RpcServer } from "./rpc-peer.ts";

const nothing: RpcServer = {
  handle: () => undefined,
  hear: () => undefined,
  failed: (error) => assert.fail(String(error)),
};

function linked(server: Partial<RpcServer>): { asks: RpcPeer; clock: FakeClock; ends: [Channel, Channel] } {
  const clock = new FakeClock();
  const ends = channelPair();
  const asks = new RpcPeer(ends[0], nothing, clock);
  void new RpcPeer(ends[1], { ...nothing, ...server }, clock);
  return { asks, clock, ends };
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => assert.fail("was answered"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof TailherdError, String(error));
  return error.code;
}

describe("RpcPeer", () => {
  it("answers requests in any order, each with its own answer", async () => {
    const first = Promise.withResolvers<unknown>();
    const { asks } = linked({
      handle: (method, params) => (method === "slow" ? first.promise : Promise.resolve({ method, params })),
    });
    const slow = asks.request("slow", {});
    assert.deepEqual(await asks.request("echo", { a: 1 }), { method: "echo", params: { a: 1 } });
    first.resolve({ late: true });
    assert.deepEqual(await slow, { late: true });
  });

  it("tells refusals as they are, and mistakes without a word of what was wrong", async () => {
    const mistakes: unknown[] = [];
    const issues = [{ path: "name", message: "is taken" }];
    const { asks } = linked({
      handle: (method) =>
        Promise.reject(method === "refuse" ? new TailherdError("name_taken", "no", { issues }) : new Error("secret")),
      failed: (error) => void mistakes.push(error),
    });
    const refused = await asks.request("refuse", {}).catch((error: unknown) => error);
    assert.ok(refused instanceof TailherdError);
    assert.deepEqual([refused.code, refused.message, refused.issues], ["name_taken", "no", issues]);
    const broken = await asks.request("break", {}).catch((error: unknown) => error);
    assert.ok(broken instanceof TailherdError && !broken.message.includes("secret"));
    assert.equal(mistakes.length, 1);
  });

  it("gives up at the deadline, and tells the other side", async () => {
    let given: AbortSignal | undefined;
    const { asks, clock } = linked({
      handle: (_, __, signal) => {
        given = signal;
        return new Promise(() => undefined);
      },
    });
    const asked = codeOf(asks.request("never", {}, { deadline: 1000 }));
    await new Promise(setImmediate);
    clock.advance(1000);
    assert.equal(await asked, "timed_out");
    await new Promise(setImmediate);
    assert.equal(given?.aborted, true);
  });

  it("rejects what is open when the channel closes, and all that is asked afterwards", async () => {
    const { asks, ends } = linked({ handle: () => new Promise(() => undefined) });
    const asked = codeOf(asks.request("never", {}));
    await new Promise(setImmediate);
    ends[1].close(1001, "goes away");
    assert.equal(await asked, "agent_away");
    assert.equal(await codeOf(asks.request("again", {})), "agent_away");
  });

  it("takes what was sent before anybody listened, in order", async () => {
    const [a, b] = channelPair();
    const heard: unknown[] = [];
    for (const n of [1, 2, 3]) a.send({ jsonrpc: "2.0", method: "count", params: { n } });
    await new Promise(setImmediate);
    void new RpcPeer(b, { ...nothing, hear: (_, params) => void heard.push(params) }, new FakeClock());
    await new Promise(setImmediate);
    assert.deepEqual(heard, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("tells a method that the other side does not have as a mistake that asking again does not mend", async () => {
    const { asks } = linked({});
    assert.equal(await codeOf(asks.request("from_the_future", {})), "invalid");
  });

  it("survives messages of any shape", async () => {
    const shapes: object[] = [{}, { id: 7 }, { id: {}, method: 3 }, { id: 1, error: {} }, { method: "$/cancel" }, []];
    const [a, b] = channelPair();
    const answers: unknown[] = [];
    void new RpcPeer(b, nothing, new FakeClock());
    a.start((message) => void answers.push(message));
    for (const shape of shapes) a.send(shape);
    a.send({ id: 9, method: "unknown" });
    await new Promise(setImmediate);
    const error = { code: -32_601, message: 'there is no method "unknown"' };
    assert.deepEqual(answers, [{ jsonrpc: "2.0", id: 9, error }]);
  });
});
