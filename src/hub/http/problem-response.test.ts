import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../../runtime/logger.ts";
import { toTailherdError } from "./problem-response.ts";

test("a part that an upgrade took away is told as that, not as a fault", async () => {
  const error = await import(`./apply-${process.pid}.js`).catch((reason: unknown) => reason);
  const refusal = toTailherdError(error, silentLogger, "POST /api/apply");
  assert.equal(refusal.toProblem().status, 503);
  assert.match(refusal.message, /upgraded while this one ran; restart it/);
});

test("anything unexpected is internal, and its words stay here", () => {
  const refusal = toTailherdError(new Error("secret path"), silentLogger, "GET /x");
  assert.equal(refusal.toProblem().status, 500);
  assert.doesNotMatch(JSON.stringify(refusal.toProblem()), /secret/);
});
