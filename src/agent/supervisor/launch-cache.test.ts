import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serviceSpecSchema } from "../../contract/service.ts";
import { LaunchCache } from "./launch-cache.ts";
import type { LaunchText } from "./launch-script.ts";

const LATER = 60_000;

/** A file that a launch is made from, and what is made of it; `built` counts how often. */
function source() {
  const directory = mkdtempSync(join(tmpdir(), "launch-cache-"));
  const path = join(directory, "env");
  writeFileSync(path, "A=1");
  const made = { built: 0 };
  const build = (): LaunchText => {
    made.built += 1;
    const text = { launch: "exec x\n", body: undefined, wrapped: false, directory: "/", become: [], env: {} };
    return { ok: true, ...text, sources: [path, join(directory, "missing")] };
  };
  const later = (): number => statSync(path).ctimeMs + LATER;
  return { directory, path, made, build, later, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

const spec = () => serviceSpecSchema.parse({ name: "x", start_cmd: "x" });

test("the text of a launch is kept while the definition and its files are as they were", () => {
  using from = source();
  const cache = new LaunchCache();
  const definition = spec();
  for (let start = 0; start < 3; start += 1) cache.get(definition, from.build, from.later());
  assert.equal(from.made.built, 1);
});

test("a saved definition, a changed file or a new one makes the text anew", () => {
  using from = source();
  const cache = new LaunchCache();
  const definition = spec();
  cache.get(definition, from.build, from.later());
  const saved = spec();
  cache.get(saved, from.build, from.later());
  assert.equal(from.made.built, 2);
  writeFileSync(from.path, "A=22");
  cache.get(saved, from.build, from.later());
  assert.equal(from.made.built, 3);
  writeFileSync(join(from.directory, "missing"), "");
  cache.get(saved, from.build, from.later());
  assert.equal(from.made.built, 4);
});

test("what is told beside the definition makes the text anew when it changes", () => {
  using from = source();
  const cache = new LaunchCache();
  const definition = spec();
  for (const told of ["", "port 1", "port 1", "port 2"]) cache.get(definition, from.build, from.later(), told);
  assert.equal(from.made.built, 3);
});

test("a file that was changed a moment ago may change again unseen, so its text is not kept", () => {
  using from = source();
  const cache = new LaunchCache();
  const definition = spec();
  const soon = statSync(from.path).ctimeMs + 10;
  cache.get(definition, from.build, soon);
  cache.get(definition, from.build, soon);
  assert.equal(from.made.built, 2);
});
