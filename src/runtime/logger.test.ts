import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { TailherdError } from "../contract/errors.ts";
import { terminalLogger, type Logger } from "./logger.ts";

const NOON = new Date(2026, 10, 26, 12, 34, 56);

function logged(level: string, act: (logger: Logger) => void): string {
  let text = "";
  const terminal = { isTTY: true, write: (line: string) => ((text += line), true) };
  act(terminalLogger(level, terminal, () => NOON));
  return stripVTControlCharacters(text);
}

describe("a logger on a terminal", () => {
  it("prints time, level, words and fields in a line", () => {
    const text = logged("info", (logger) => {
      logger.warn({ file: "/var/hub.db", events: 3, name: "my app", list: [1] }, "Cannot store events now");
      logger.info({}, "Well again");
      logger.debug({}, "not told");
    });
    assert.equal(
      text,
      '12:34:56 warn  Cannot store events now  file=/var/hub.db events=3 name="my app" list=[1]\n12:34:56 info  Well again\n',
    );
  });

  it("prints the stack of a mistake, and of nothing else", () => {
    const text = logged("debug", (logger) => {
      logger.error({ err: new TailherdError("degraded", "Cannot write: full") }, "Refused");
      logger.error({ err: Object.assign(new Error("no such file"), { code: "ENOENT" }) }, "Gone");
      logger.error({ err: new TypeError("x is not a function") }, "Broken");
    });
    assert.match(text, /^ {4}at /m);
    assert.match(text, /error Refused {2}err="Cannot write: full"\n12/);
    assert.match(text, /error Gone {2}err="no such file"\n12/);
    assert.match(text, /Broken {2}err="x is not a function"\nTypeError: x is not a function\n {4}at /);
  });

  it("lets nothing in words or fields steer the terminal", () => {
    let raw = "";
    const terminal = { isTTY: true, write: (line: string) => ((raw += line), true) };
    terminalLogger("info", terminal, () => NOON).info({ name: "\u001B[2J\u009B1m\n" }, "a\u001B]0;b\u0007\nc");
    assert.equal(stripVTControlCharacters(raw).split("\n").length, 2);
    for (const code of ["\u001B[2J", "\u009B", "\u0007", "\u001B]"]) assert.ok(!raw.includes(code));
  });

  it("is silent where that is asked", () => {
    assert.equal(
      logged("silent", (logger) => logger.error({}, "x")),
      "",
    );
  });
});

describe("createLogger()", () => {
  it("prints JSON lines where stderr is no terminal", () => {
    const file = join(import.meta.dirname, "logger.ts");
    const program = `const { createLogger } = await import(${JSON.stringify(file)}); createLogger("info").warn({ a: 1 }, "words")`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
    const line = JSON.parse(stderr) as { level: number; a: number; msg: string };
    assert.deepEqual([line.level, line.a, line.msg], [40, 1, "words"]);
  });
});
