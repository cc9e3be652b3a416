import assert from "node:assert/strict";
import { it } from "node:test";
import { type ServiceInput, serviceSpecSchema } from "../../contract/service.ts";
import { checkProblems } from "./check-problems.ts";

function problemsOf(input: Partial<ServiceInput>, role: "startup" | "liveness" = "liveness"): string[] {
  const checks = [{ name: "n", kind: "notify" as const, role }];
  const spec = serviceSpecSchema.parse({ name: "s", checks, ...input });
  return checkProblems(spec, { directory: "/", env: { PATH: "/bin" } }).map(
    ({ path, message }) => `${path}: ${message}`,
  );
}

it("a watchdog is doubted where the program only starts another one, and nowhere else", () => {
  const doubt = (program: string): string[] => [
    `checks.0.kind: may never pass: WATCHDOG_PID is the pid of ${program}, and what that starts may not heed it`,
  ];
  assert.deepEqual(problemsOf({ start_cmd: "npm run serve" }), doubt("npm"));
  assert.deepEqual(problemsOf({ argv: ["/bin/sh", "-c", "serve & wait"] }), doubt("sh"));
  assert.deepEqual(problemsOf({ start_cmd: "npm run serve" }, "startup"), []);
  assert.deepEqual(problemsOf({ start_cmd: "node serve.js" }), []);
  // Here WATCHDOG_PID is left out.
  assert.deepEqual(problemsOf({ start_cmd: "npm run serve; echo done" }), []);
});
