import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { sanitize } from "./sanitize.ts";

const code = (...codes: number[]): string => String.fromCharCode(...codes);
const ESC = code(0x1b);

describe("sanitize", () => {
  const cases: [what: string, text: string, clean: string][] = [
    ["plain text and tabs", "a\tb ü 日本", "a\tb ü 日本"],
    ["colours", `${ESC}[1;31mred${ESC}[0m ${ESC}[38:2::1:2:3mrgb`, `${ESC}[1;31mred${ESC}[0m ${ESC}[38:2::1:2:3mrgb`],
    ["cursor movement and clearing", `${ESC}[2J${ESC}[1;1Hhello${ESC}[?25l`, "hello"],
    ["a window title", `${ESC}]0;evil${code(7)}after`, "after"],
    ["a hyperlink", `${ESC}]8;;https://evil.example${ESC}\\text${ESC}]8;;${ESC}\\`, "text"],
    ["a title without an end hides nothing", `${ESC}]0;still here`, "0;still here"],
    ["device control", `${ESC}P+q544e${ESC}\\x`, "x"],
    ["a C1 sequence introducer", `${code(0x9b)}31mred${code(0x9b)}2J`, "red"],
    ["carriage returns and bells", `10%\r20%${code(7)}\r`, "10%20%"],
    ["reset of the terminal", `${ESC}cboo`, "boo"],
    ["a lone escape at the end", `boo${ESC}`, "boo"],
    ["a NUL and DEL", `a${code(0)}b${code(0x7f)}c${code(0x85)}d`, "abcd"],
  ];
  for (const [what, text, clean] of cases) it(what, () => assert.equal(sanitize(text), clean.replace(/^$/, "")));

  it("leaves no control character but tab and the escape of SGR in any text", () => {
    const unit = fc.oneof(fc.constantFrom(ESC, code(0x9b), "[", "]", "m", "0", ";", code(7), "\\", "\t"), fc.string());
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 40 }), (parts) => {
        const rest = sanitize(parts.join("")).replaceAll(new RegExp(`${ESC}\\[[0-9;:]*m`, "g"), "");
        assert.doesNotMatch(rest, /[\p{Cc}--\t]/v);
      }),
    );
  });

  it("is quick on text made to be slow", () => {
    const started = performance.now();
    sanitize(`${ESC}]`.repeat(8000));
    sanitize(`${ESC}[${"0;".repeat(8000)}`);
    sanitize(`${ESC}P${" ".repeat(16_000)}`);
    assert.ok(performance.now() - started < 1000);
  });
});
