import assert from "node:assert/strict";
import { test } from "node:test";
import { demandPrivate, isLoopback } from "./reach.ts";

test("isLoopback() knows what only this machine reaches", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "localhost"])
    assert.ok(isLoopback(host), host);
  for (const host of ["0.0.0.0", "::", "100.64.0.1", "127.0.0.1.evil.org", "127.1", "nas", ""])
    assert.ok(!isLoopback(host), host);
});

test("demandPrivate() takes loopback and Tailscale's two ranges, and nothing else", () => {
  for (const host of ["127.0.0.1", "::1", "localhost", "100.64.0.1", "100.127.255.254", "fd7a:115c:a1e0::1"])
    assert.doesNotThrow(() => demandPrivate(host), host);
  const ipv4 = ["0.0.0.0", "0", "10.0.0.1", "192.168.1.10", "169.254.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0"];
  const others = ["::", "::ffff:0.0.0.0", "fd7a:115c:a1e1::1", "fe80::1", "nas", "localhost.evil.org", ""];
  for (const host of ipv4.concat(others)) assert.throws(() => demandPrivate(host), { code: "refused" }, host);
});
