import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredEvent } from "../../contract/events.ts";
import { bootMarks, endMarks, offlineSpans } from "./fleet-marks.ts";

const T = "2026-01-01T00:00:";
const at = (second: number): string => `${T}${String(second).padStart(2, "0")}.000Z`;
const ms = (second: number): number => Date.parse(at(second));
const stored = (seq: number, event: object): StoredEvent => ({ seq, event }) as unknown as StoredEvent;
const state = (seq: number, second: number, to: string, since: number | null = null): StoredEvent =>
  stored(seq, { type: "server.state", at: at(second), state: to, since: since === null ? null : at(since) });

test("an offline span goes from the last heartbeat to the next one, whatever the order of the events", () => {
  const events = [state(4, 30, "online"), state(1, 10, "late", 5), state(2, 15, "offline", 5), state(6, 50, "offline")];
  assert.deepEqual(offlineSpans(events), [
    { from: ms(5), to: ms(30) },
    { from: ms(50), to: null },
  ]);
  assert.deepEqual(offlineSpans([state(1, 1, "online")]), []);
});

test("ends that nobody asked for are marked, others are not", () => {
  const exit = (seq: number, by: string | null): StoredEvent =>
    stored(seq, { type: "instance.exited", at: at(seq), service: "api", exit: { by, message: "exit 1" } });
  assert.deepEqual(endMarks([exit(2, null), exit(1, "ann")]), [{ at: ms(2), words: "api ended: exit 1" }]);
});

test("a machine came up when its uptime falls back, and at no other time", () => {
  assert.deepEqual(
    bootMarks([
      [0, 100],
      [10_000, 110],
      [60_000, null],
      [70_000, 4],
      [80_000, 14],
    ]),
    [{ at: 66_000, words: "restarted" }],
  );
});
