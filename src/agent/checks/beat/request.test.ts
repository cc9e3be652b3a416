import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beatUrl, hashOf, makeSecret, secretAskedFor } from "./request.ts";

const PORT = 4321;
const secret = makeSecret();
const { pathname, host } = new URL(beatUrl(PORT, secret));

test("a call names its secret, by any of three methods and either name of this machine", () => {
  for (const method of ["GET", "HEAD", "POST"]) {
    for (const name of [host, `localhost:${PORT}`, `LocalHost:${PORT}`]) {
      assert.equal(secretAskedFor({ method, url: pathname, host: name }, PORT), hashOf(secret));
    }
  }
});

test("anything else names none", () => {
  const good = { method: "GET", url: pathname, host };
  const wrong = [
    { method: "PUT" },
    { method: "OPTIONS" },
    { method: undefined },
    { url: "/" },
    { url: `${pathname}/` },
    { url: `${pathname}x` },
    { url: pathname.slice(0, -1) },
    { url: `/${pathname}` },
    { url: `http://127.0.0.1:${PORT}${pathname}` },
    { url: undefined },
    { host: "127.0.0.1" },
    { host: `127.0.0.1:${PORT + 1}` },
    { host: `rebound.example:${PORT}` },
    { host: `[::1]:${PORT}` },
    { host: undefined },
  ];
  for (const part of wrong) assert.equal(secretAskedFor({ ...good, ...part }, PORT), undefined, JSON.stringify(part));
  fc.assert(
    fc.property(fc.string(), fc.string(), (url, name) => {
      const asked = secretAskedFor({ method: "GET", url, host: name }, PORT);
      assert.equal(asked, undefined);
    }),
  );
});

test("secrets are long enough to be nobody's guess, and differ", () => {
  assert.equal(Buffer.from(secret, "base64url").length, 24);
  assert.notEqual(makeSecret(), secret);
});
