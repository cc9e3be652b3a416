import assert from "node:assert/strict";
import { test } from "node:test";
import { listenText, readListen } from "./listen.ts";

test("readListen() takes the forms that people write", () => {
  assert.deepEqual(readListen("127.0.0.1:8765"), { host: "127.0.0.1", port: 8765 });
  assert.deepEqual(readListen("[::1]:80"), { host: "::1", port: 80 });
  assert.deepEqual(readListen("localhost:0"), { host: "localhost", port: 0 });
  assert.deepEqual(readListen(":80"), { host: "127.0.0.1", port: 80 });
  assert.deepEqual(readListen("80"), { host: "127.0.0.1", port: 80 });
  assert.equal(listenText(readListen("[::1]:80")), "[::1]:80");
  for (const wrong of ["", "a:b", "::1:80", "127.0.0.1:70000", "x y:1", "127.0.0.1:"]) {
    assert.throws(() => readListen(wrong), /give host:port/, wrong);
  }
});
