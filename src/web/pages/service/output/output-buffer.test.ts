import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LogLine } from "../../../../contract/status.ts";
import { levelOf, MOST_LINES, OutputBuffer, stripAnsi } from "./output-buffer.ts";

const line = (place: number, text = `line ${place}`, stream: LogLine["stream"] = "stdout"): LogLine => ({
  cursor: String(place).padStart(10, "0"),
  ts: place,
  stream,
  text,
});
const lines = (from: number, to: number): LogLine[] =>
  Array.from({ length: to - from }, (_, index) => line(from + index));

test("OutputBuffer leaves out what it has already", () => {
  const buffer = new OutputBuffer();
  buffer.append(lines(10, 20), true);
  assert.equal(buffer.append(lines(15, 25), true), 5);
  assert.equal(buffer.prepend(lines(5, 12)), 5);
  assert.deepEqual(
    buffer.all.map(({ ts }) => ts),
    Array.from({ length: 20 }, (_, index) => index + 5),
  );
});

test("OutputBuffer drops the oldest while following, and not so soon while paused", () => {
  const buffer = new OutputBuffer();
  buffer.append(lines(0, MOST_LINES), true);
  buffer.append(lines(MOST_LINES, MOST_LINES + 10), false);
  assert.equal(buffer.dropped, 0);
  buffer.append(lines(MOST_LINES + 10, MOST_LINES + 20), true);
  assert.equal(buffer.dropped, 20);
  assert.equal(buffer.all.length, MOST_LINES);
  assert.equal(buffer.first?.ts, 20);
});

test("OutputBuffer shows exactly the lines that pass its filter, however they came", () => {
  const texts = fc.constantFrom("an error", "\u001B[31mERROR\u001B[0m x", "fine", "");
  fc.assert(
    fc.property(
      fc.array(texts, { maxLength: 40 }),
      fc.nat(40),
      fc.constantFrom("", "error", "fine"),
      (all, cut, text) => {
        const made = all.map((words, index) => line(index, words));
        const buffer = new OutputBuffer();
        buffer.setFilter({ text, stream: "all" });
        buffer.append(made.slice(cut), true);
        buffer.prepend(made.slice(0, cut));
        assert.deepEqual(
          buffer.shown,
          made.filter((one) => stripAnsi(one.text).toLowerCase().includes(text)),
        );
      },
    ),
  );
});

test("OutputBuffer tells streams apart", () => {
  const buffer = new OutputBuffer();
  buffer.append([line(1), line(2, "oops", "stderr"), line(3, "started", "tailherd")], true);
  buffer.setFilter({ text: "", stream: "stderr" });
  assert.deepEqual(
    buffer.shown.map(({ text }) => text),
    ["oops"],
  );
});

test("levelOf() trusts the agent, then the beginning of the line", () => {
  assert.equal(levelOf({ ...line(1, "WARN x"), level: "info" }), "info");
  assert.equal(levelOf(line(1, "2026-01-01 \u001B[33mWARNING\u001B[0m disk")), "warn");
  assert.equal(levelOf(line(1, "panic: nil")), "fatal");
  assert.equal(levelOf(line(1, `${"x".repeat(80)} error`)), undefined);
});
