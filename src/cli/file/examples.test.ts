import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadFile } from "./load.ts";

const root = join(import.meta.dirname, "../../..");
const examples = globSync("examples/*/tailherd.yaml", { cwd: root });

test("there are examples", () => assert.ok(examples.length >= 5));

for (const example of examples) {
  test(`${example} is right as it stands, and names its schema first`, () => {
    const { services, problems } = loadFile(join(root, example), root, {});
    assert.deepEqual(problems, []);
    assert.ok(services.length > 0);
    const first = readFileSync(join(root, example), "utf8").split("\n", 1)[0] ?? "";
    const schema = /^# yaml-language-server: \$schema=(.+)$/.exec(first)?.[1] ?? "";
    assert.match(readFileSync(join(root, example, "..", schema), "utf8"), /draft-07/);
  });
}
