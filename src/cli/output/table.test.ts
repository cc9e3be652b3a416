import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { makeStyle, paintSource, wantsColours, wantsUnicode } from "./style.ts";
import { renderTable, type Column } from "./table.ts";
import { cutTo, plain, widthOf, withoutColours } from "./text.ts";
import { formatBytes, formatSince, formatValue } from "./values.ts";

const bare = makeStyle(false, true);
interface Row {
  name: string;
  count: number;
}
const columns: Column<Row>[] = [
  { title: "NAME", value: (row) => row.name, cut: true },
  { title: "COUNT", value: (row) => String(row.count), right: true },
];

test("renderTable() lines columns up, also with wide characters, and shows empty cells", () => {
  const rows = [
    { name: "web", count: 1 },
    { name: "日本", count: 200_000 },
    { name: "", count: 3 },
  ];
  assert.equal(renderTable(columns, rows, bare), "NAME   COUNT\nweb        1\n日本  200000\n-          3\n");
});

test("renderTable() cuts to the terminal and never breaks a line", () => {
  const rows = [{ name: "a-very-long-name-that-does-not-fit", count: 12 }];
  const text = renderTable(columns, rows, bare, 20);
  for (const line of text.trimEnd().split("\n")) assert.ok(widthOf(line) <= 20, line);
  assert.match(text, /…/);
});

test("cells cannot steer the terminal", () => {
  const text = renderTable(columns, [{ name: "a\u001B[2Jb\nc\u009B", count: 1 }], bare);
  assert.equal(text.split("\n").length, 3);
  assert.ok(!text.includes("\u001B"));
  assert.ok(!text.includes("\u009B"));
});

test("colours do not change what a table takes", () => {
  const colourful = makeStyle(true, true);
  const painted = columns.map((column) => ({ ...column, paint: (cell: string) => colourful.red(cell) }));
  const rows = [{ name: "web", count: 1 }];
  assert.equal(withoutColours(renderTable(painted, rows, colourful)), renderTable(columns, rows, bare));
});

test("cutTo() keeps within the width whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (text, width) => {
      assert.ok(widthOf(cutTo(plain(text), width, true)) <= width);
    }),
  );
});

test("wantsColours() obeys the flag, then NO_COLOR, then FORCE_COLOR, then the terminal", () => {
  assert.equal(wantsColours("always", { NO_COLOR: "1" }, false), true);
  assert.equal(wantsColours("never", { FORCE_COLOR: "1" }, true), false);
  assert.equal(wantsColours("auto", { NO_COLOR: "1", FORCE_COLOR: "1" }, true), false);
  assert.equal(wantsColours("auto", { NO_COLOR: "" }, true), true);
  assert.equal(wantsColours("auto", { FORCE_COLOR: "1" }, false), true);
  assert.equal(wantsColours("auto", { FORCE_COLOR: "0" }, true), false);
  assert.equal(wantsColours("auto", { TERM: "dumb" }, true), false);
  assert.equal(wantsColours("auto", {}, false), false);
});

test("wantsUnicode() follows the locale", () => {
  assert.equal(wantsUnicode({ LANG: "de_DE.UTF-8" }), true);
  assert.equal(wantsUnicode({ LANG: "de_DE.UTF-8", LC_ALL: "C" }), false);
  assert.equal(wantsUnicode({}), false);
});

test("a source keeps its colour", () => {
  const style = makeStyle(true, true);
  assert.equal(paintSource(style, "web"), paintSource(style, "web"));
  assert.notEqual(paintSource(style, "web"), "web");
  assert.equal(paintSource(bare, "web"), "web");
});

test("values read as people write them", () => {
  assert.equal(formatBytes(null), "");
  assert.equal(formatBytes(512), "512B");
  assert.equal(formatBytes(1536), "1.5K");
  assert.equal(formatBytes(123 * 1024 * 1024), "123M");
  assert.equal(formatSince("2026-01-01T00:00:00Z", Date.UTC(2026, 0, 3, 5, 23)), "2d 5h 23m");
  assert.equal(formatValue(undefined), "nothing");
  assert.equal(formatValue("a"), '"a"');
});
