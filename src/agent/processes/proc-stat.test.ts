import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseStat } from "./proc-stat.ts";

const UNITS = { ticksPerSecond: 100, pageSize: 4096 };

function parse(text: string) {
  const bytes = Buffer.from(text);
  return parseStat(bytes, bytes.length, UNITS);
}

function line(pid: number, name: string): string {
  const after = "S 7 42 43 0 -1 4194560 99 0 0 0 250 50 30 20 20 0 3 0 189028 3133440 380 18446744073709551615 1 2";
  return `${pid} (${name}) ${after}\n`;
}

test("parseStat() reads the fields that proc(5) numbers", () => {
  assert.deepEqual(parse(line(42, "nginx")), {
    pid: 42,
    ppid: 7,
    pgrp: 42,
    session: 43,
    name: "nginx",
    state: "S",
    startTicks: 189028,
    cpuSeconds: 3,
    reapedCpuSeconds: 0.5,
    threads: 3,
    rss: 380 * 4096,
  });
});

test("parseStat() is not led astray by names with blanks, parentheses, newlines or fields of their own", () => {
  for (const name of ["a b", ") R 1 1 1", "((", "x) (y", "a\nb", ")", "naïve", "1 (init) S 0 1 1"]) {
    const stat = parse(line(42, name));
    assert.equal(stat?.name, name);
    assert.equal(stat.ppid, 7);
    assert.equal(stat.startTicks, 189028);
  }
});

test("parseStat() answers the given pid and name, whatever they are", () => {
  fc.assert(
    fc.property(fc.nat({ max: 4_194_304 }), fc.string({ unit: "grapheme", maxLength: 15 }), (pid, name) => {
      const stat = parse(line(pid, name));
      assert.equal(stat?.pid, pid);
      assert.equal(stat.name, name);
      assert.equal(stat.rss, 380 * 4096);
    }),
  );
});

test("parseStat() refuses a line cut anywhere before its 24th field has ended", () => {
  const whole = line(42, "a) S 1 (b");
  const end = whole.indexOf(" 18446744073709551615");
  for (let length = 0; length <= end; length += 1) assert.equal(parse(whole.slice(0, length)), undefined);
  assert.notEqual(parse(whole.slice(0, end + 1)), undefined);
});

test("parseStat() never throws and never answers for noise", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const stat = parseStat(Buffer.from(noise), noise.length, UNITS);
      if (stat !== undefined) assert.ok(Number.isInteger(stat.pid));
    }),
  );
});
