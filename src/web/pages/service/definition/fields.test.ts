import assert from "node:assert/strict";
import { test } from "node:test";
import { GIB, KIB, MIB } from "../../../../base/units.ts";
import { serviceSpecSchema } from "../../../../contract/service.ts";
import { definitionOf, draftOf, FIELD_GROUPS, issueFor, otherIssues } from "./fields.ts";

const spec = serviceSpecSchema.parse({
  name: "api",
  start_cmd: "node server.js",
  ports: [8000, 8001],
  env: { A: "1", B: "x=y" },
  description: "42",
});

test("definitionOf() leaves all as it is where nothing was typed", () => {
  assert.deepEqual(definitionOf(spec, draftOf(spec), draftOf(spec)), spec);
});

test("definitionOf() changes what was typed, and leaves to the defaults what was emptied", () => {
  const start = draftOf(spec);
  const draft = {
    ...start,
    ports: "8000, 9000 nine",
    "stop.grace": "30",
    "restart.policy": "always",
    "restart.max": "never",
    env: "A=1\nC=new",
    start_cmd: "  ",
    autostart: "true",
  };
  const { start_cmd, ...rest } = spec;
  assert.equal(start_cmd, "node server.js");
  assert.deepEqual(definitionOf(spec, draft, start), {
    ...rest,
    ports: [8000, 9000, "nine"],
    stop: { ...spec.stop, grace: 30 },
    restart: { ...spec.restart, policy: "always", max: null },
    env: { A: "1", C: "new" },
    autostart: true,
  });
});

test("a placement is typed as names with commas between, and none is the default", () => {
  const placed = { ...spec, placement: { servers: ["web 1", "web-2"], tags: [] } };
  const start = draftOf(placed);
  assert.equal(start["placement.servers"], "web 1, web-2");
  const changed = definitionOf(
    placed,
    { ...start, "placement.servers": " web 1,nas ,", "placement.tags": "prod" },
    start,
  );
  assert.deepEqual(changed["placement"], { servers: ["web 1", "nas"], tags: ["prod"] });
  assert.deepEqual(definitionOf(placed, { ...start, "placement.servers": "" }, start)["placement"], { tags: [] });
});

test("a limit that does not exist reads as never", () => {
  assert.equal(draftOf({ ...spec, restart: { ...spec.restart, max: null } })["restart.max"], "never");
});

test("sizes are shown in the largest unit that holds them whole, and typed in any", () => {
  const memory = (bytes: number): string | undefined =>
    draftOf({ ...spec, limits: { memory: bytes } })["limits.memory"];
  assert.deepEqual([512 * MIB, 2 * GIB, 1536 * KIB, 1_000_001].map(memory), ["512M", "2G", "1536K", "1000001"]);
  const start = draftOf(spec);
  const typed = (text: string): unknown => definitionOf(spec, { ...start, "limits.memory": text }, start)["limits"];
  assert.deepEqual(typed("64M"), { ...spec.limits, memory: "64M" });
  assert.deepEqual(typed("1048576"), { ...spec.limits, memory: 1_048_576 });
});

test("a text of digits stays a text", () => {
  const start = draftOf(spec);
  assert.equal(definitionOf(spec, { ...start, description: "2024" }, start)["description"], "2024");
});

test("every path of the form stands in the contract's definition", () => {
  const known = (path: string): boolean =>
    path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], {
      ...spec,
      restart: { ...spec.restart, policy: "never" },
    }) !== undefined;
  for (const { path } of FIELD_GROUPS.flatMap((group) => group.fields)) assert.ok(known(path), path);
});

test("issues find their fields", () => {
  const issues = [
    { path: "ports.1", message: "must be a number" },
    { path: "name", message: "is taken" },
  ];
  assert.equal(issueFor(issues, "ports"), "1: must be a number");
  assert.equal(issueFor(issues, "env"), undefined);
  assert.deepEqual(otherIssues(issues), [issues[1]]);
});
