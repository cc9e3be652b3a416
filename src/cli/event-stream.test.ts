import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { readEvents, type StreamEvent } from "./event-stream.ts";

async function read(chunks: Buffer[]): Promise<StreamEvent[]> {
  const source = (async function* () {
    for (const chunk of chunks) yield chunk;
  })();
  const events: StreamEvent[] = [];
  for await (const event of readEvents(source)) events.push(event);
  return events;
}

test("readEvents() understands ids, types, several data lines, comments and all three line ends", async () => {
  const text = ": hello\nid: 1\nevent: line\ndata: a\ndata: b\n\ndata:c\r\n\r\nid: 7\rdata: d\r\rdata: cut off";
  assert.deepEqual(await read([Buffer.from(text)]), [
    { id: "1", type: "line", data: "a\nb" },
    { id: "1", type: "message", data: "c" },
    { id: "7", type: "message", data: "d" },
  ]);
});

test("readEvents() does not care where chunks are cut, inside characters and line ends too", async () => {
  const text = Buffer.from("id: é1\r\ndata: grüße 日本\r\n\r\nid: 2\ndata: zwei\n\n");
  const whole = await read([text]);
  assert.equal(whole.length, 2);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 6 }), async (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((end, at) => text.subarray(places[at], end));
      assert.deepEqual(await read(chunks), whole);
    }),
  );
});
