import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceSpecSchema } from "../../contract/service.ts";
import { hideEnvironment } from "./hidden-environment.ts";

test("hideEnvironment() shows names of variables and headers, and none of their values", () => {
  const spec = serviceSpecSchema.parse({
    name: "api",
    start_cmd: "x",
    env: { TOKEN: "hush" },
    checks: [
      { name: "web", kind: "http", port: 80, headers: { authorization: "Bearer hush" } },
      { name: "db", kind: "tcp", port: 5432 },
    ],
  });
  const shown = hideEnvironment(spec);
  assert.deepEqual(shown.env, { TOKEN: "•••" });
  assert.deepEqual(shown.checks[0]?.kind === "http" && shown.checks[0].headers, { authorization: "•••" });
  assert.deepEqual(shown.checks[1], spec.checks[1]);
  assert.ok(!JSON.stringify(shown).includes("hush"));
});
