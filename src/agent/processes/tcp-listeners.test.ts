import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatAddress, parseListeners } from "./tcp-listeners.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";

function row(address: string, port: number, state: string, inode: number, uid = 0): string {
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 000000009d659549 100 0 0 10 0\n`;
}

test("parseListeners() reads IPv4 and IPv6 listeners", () => {
  const text =
    HEADER +
    row("0100007F", 8080, "0A", 41, 1000) +
    row("00000000000000000000000000000000", 443, "0A", 42) +
    row("00000000000000000000000001000000", 5432, "0A", 43);
  assert.deepEqual(parseListeners(text), [
    { port: 8080, address: "127.0.0.1", family: "ipv4", inode: 41, uid: 1000 },
    { port: 443, address: "::", family: "ipv6", inode: 42, uid: 0 },
    { port: 5432, address: "::1", family: "ipv6", inode: 43, uid: 0 },
  ]);
});

test("parseListeners() stops where connections begin", () => {
  const text = HEADER + row("00000000", 80, "0A", 1) + row("0100007F", 80, "01", 2) + row("0100007F", 81, "06", 0);
  assert.deepEqual(
    parseListeners(text).map((socket) => socket.inode),
    [1],
  );
});

test("parseListeners() takes cut and garbled texts for what is whole in them", () => {
  const whole = HEADER + row("0100007F", 8080, "0A", 41) + row("00000000", 22, "0A", 42);
  for (let length = 0; length <= whole.length; length += 1) {
    const found = parseListeners(whole.slice(0, length));
    assert.ok(found.length <= 2);
    for (const socket of found) assert.ok(socket.inode === 41 || socket.inode === 42);
  }
  fc.assert(
    fc.property(fc.string(), (noise) => {
      assert.deepEqual(parseListeners(noise), []);
    }),
  );
});

test("formatAddress() writes any address as people do", () => {
  assert.equal(formatAddress("0100007F"), "127.0.0.1");
  assert.equal(formatAddress("0000000000000000FFFF00000100007F"), "::ffff:7f00:1");
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
      assert.equal(formatAddress(bytes.toReversed().join("").toUpperCase()), address);
    }),
  );
});
