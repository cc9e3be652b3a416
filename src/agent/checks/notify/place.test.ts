import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { placeOf } from "./place.ts";

const ME = { uid: 1000, gid: 1000 };
const options = { agentDir: "/home/me/.tailherd/agent", owner: "0123456789ab", self: 1000 };

it("a socket is in the agent's directory, where nobody else comes, if its path fits", () => {
  const found = placeOf("web-0-abc", ME, options);
  assert.ok(found.ok);
  assert.match(found.place.path, /^\/home\/me\/\.tailherd\/agent\/notify\/[0-9a-f]{12}$/);
  assert.deepEqual([found.place.mode, found.place.uid, found.place.gid], ["700", 1000, 1000]);
});

it("for another user, who cannot enter that, it is in the system's directory for what runs", () => {
  const found = placeOf("web-0-abc", ME, { ...options, self: 0 });
  assert.ok(found.ok);
  assert.match(found.place.path, /^\/(?:var\/)?run\/tailherd-0123456789ab\/[0-9a-f]{12}$/);
  assert.equal(found.place.mode, "711");
});

it("every path fits into the address of a socket, or is refused in words; the same key has the same place", () => {
  const depth = fc.array(fc.constantFrom("data", "ü", "herd of services"), { maxLength: 20 });
  fc.assert(
    fc.property(depth, fc.constantFrom(0, 1000), fc.string(), (parts, self, key) => {
      const agentDir = ["", ...parts, "agent"].join("/");
      const found = placeOf(key, { uid: self, gid: self }, { ...options, agentDir, self });
      if (found.ok) assert.ok(Buffer.byteLength(found.place.path) <= 107);
      else assert.match(found.words, /^cannot listen at .* bytes of path .*shorter path$/);
      assert.ok(found.ok || self !== 0, "root has a short place for every path");
      assert.deepEqual(placeOf(key, { uid: self, gid: self }, { ...options, agentDir, self }), found);
    }),
  );
});
