import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceSpecSchema } from "../../../../contract/service.ts";
import { draftOf, FIELD_GROUPS, issueFor, otherIssues, patchOf } from "./fields.ts";

const spec = serviceSpecSchema.parse({
  name: "api",
  start_cmd: "node server.js",
  ports: [8000, 8001],
  env: { A: "1", B: "x=y" },
  description: "42",
});

test("patchOf() is null when nothing was typed", () => {
  assert.equal(patchOf(draftOf(spec), draftOf(spec)), null);
});

test("patchOf() holds only what was changed", () => {
  const start = draftOf(spec);
  const draft = {
    ...start,
    ports: "8000, 9000 nine",
    "stop.grace": "30",
    "restart.policy": "always",
    env: "A=1\nC=new",
    working_dir: "",
    start_cmd: "  ",
    autostart: "true",
  };
  assert.deepEqual(patchOf(draft, start), {
    ports: [8000, 9000, "nine"],
    stop: { grace: 30 },
    restart: { policy: "always" },
    env: { A: "1", B: null, C: "new" },
    start_cmd: null,
    autostart: true,
  });
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
