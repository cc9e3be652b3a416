import assert from "node:assert/strict";
import { test } from "node:test";
import { Router } from "./router.ts";

function made(...keys: string[]): Router<string> {
  const router = new Router<string>();
  for (const key of keys) {
    const [method = "", path = ""] = key.split(" ");
    router.add(method, path, key);
  }
  return router;
}

const router = made("GET /", "GET /api/s", "GET /api/s/{name}", "DELETE /api/s/{name}", "POST /api/s/check");

test("a path leads to its route, and its parameters are decoded", () => {
  assert.deepEqual(router.find("GET", "/api/s"), { found: "route", route: "GET /api/s", params: {} });
  const found = router.find("DELETE", "/api/s/a%20b");
  assert.deepEqual(found, { found: "route", route: "DELETE /api/s/{name}", params: { name: "a b" } });
  assert.deepEqual(router.find("GET", "/"), { found: "route", route: "GET /", params: {} });
});

test("HEAD is GET", () => {
  assert.equal(router.find("HEAD", "/api/s").found, "route");
});

test("a word of the table is a name too, where the method says so", () => {
  assert.deepEqual(router.find("POST", "/api/s/check"), { found: "route", route: "POST /api/s/check", params: {} });
  const found = router.find("GET", "/api/s/check");
  assert.deepEqual(found, { found: "route", route: "GET /api/s/{name}", params: { name: "check" } });
});

test("a known path with another method tells which there are", () => {
  assert.deepEqual(router.find("PATCH", "/api/s/check"), { found: "path", methods: ["GET", "DELETE", "POST"] });
});

test("no other spelling of a path leads to a route", () => {
  for (const path of [
    "//api/s",
    "/api//s",
    "/api/s/",
    "/api/./s",
    "/api/x/../s",
    "/API/s",
    "/%61pi/s",
    "/api/s/a/",
    "/api%2Fs",
    "",
  ])
    assert.deepEqual(router.find("GET", path), { found: "nothing" }, path);
});

test("an encoded slash is part of a name, a broken encoding stands for itself, and a name may be __proto__", () => {
  const nameOf = (path: string): unknown => {
    const found = router.find("GET", path);
    return found.found === "route" ? found.params.name : undefined;
  };
  assert.equal(nameOf("/api/s/a%2F..%2Fb"), "a/../b");
  assert.equal(nameOf("/api/s/%ff"), "%ff");
  assert.equal(nameOf("/api/s/__proto__"), "__proto__");
});
