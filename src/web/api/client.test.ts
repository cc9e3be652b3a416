import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "./client.ts";

test("addressOf() fills in and escapes path values", () => {
  assert.equal(
    addressOf("/api/services/{name}/start", { params: { name: "a b/ü" } }),
    "/api/services/a%20b%2F%C3%BC/start",
  );
});

test("addressOf() repeats lists and leaves out what is not given", () => {
  assert.equal(
    addressOf("/api/processes", { query: { keyword: ["node", "a&b"], limit: undefined, before: null } }),
    "/api/processes?keyword=node&keyword=a%26b",
  );
});
