import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import { silentLogger } from "../../runtime/logger.ts";
import type { Store } from "../store/store.ts";
import { EventFeed } from "./event-feed.ts";

const event = (id: string): TailherdEvent => ({
  id,
  at: "2026-01-01T00:00:00Z",
  service: "api",
  server_id: null,
  index: null,
  by: null,
  type: "service.deleted",
});

/** A store of events only, which can be told to fail. */
function fakeStore() {
  const fake = { batches: [] as string[][], failing: false, seq: 0 };
  const appendEvents = async (events: TailherdEvent[]): Promise<StoredEvent[]> => {
    if (fake.failing) throw new Error("the disk is full");
    fake.batches.push(events.map(({ id }) => id));
    return events.map((each) => ({ seq: ++fake.seq, event: each }));
  };
  return { fake, store: { appendEvents } as unknown as Store };
}

describe("EventFeed", () => {
  it("stores what comes together in one batch, and tells it in order", async () => {
    const { fake, store } = fakeStore();
    const feed = new EventFeed(store, new FakeClock(), silentLogger);
    const heard: number[] = [];
    feed.stored.on(({ seq }) => heard.push(seq));
    for (const id of ["a", "b", "c"]) feed.add(event(id));
    await feed.flush();
    assert.deepEqual([fake.batches, heard], [[["a", "b", "c"]], [1, 2, 3]]);
  });

  it("keeps what the store cannot take, and loses nothing when it can again", async () => {
    const { fake, store } = fakeStore();
    const feed = new EventFeed(store, new FakeClock(), silentLogger);
    fake.failing = true;
    feed.add(event("a"));
    await feed.flush();
    feed.add(event("b"));
    fake.failing = false;
    await feed.close();
    assert.deepEqual(fake.batches, [["a", "b"]]);
  });

  it("stores what came while a batch was being stored, without waiting for a further event", async () => {
    const clock = new FakeClock();
    const batches: string[][] = [];
    const first = Promise.withResolvers<StoredEvent[]>();
    const appendEvents = (events: TailherdEvent[]): Promise<StoredEvent[]> => {
      batches.push(events.map(({ id }) => id));
      return batches.length === 1 ? first.promise : Promise.resolve([]);
    };
    const feed = new EventFeed({ appendEvents } as Partial<Store> as Store, clock, silentLogger);
    feed.add(event("a"));
    clock.advance(10);
    await settled();
    feed.add(event("b"));
    first.resolve([]);
    await settled();
    clock.advance(100);
    await settled();
    assert.deepEqual(batches, [["a"], ["b"]]);
  });
});

/** Lets everything that waits only for promises go on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
