import assert from "node:assert/strict";
import { test } from "node:test";
import { unitText } from "./unit-file.ts";

const place = { node: "/opt/node/bin/node", script: "/opt/tailherd/dist/tailherd.js" };

test("the system's unit leaves services alone when it stops", () => {
  const text = unitText({ scope: "system", ...place, args: ["--data-dir", "/var/lib/tailherd"] });
  for (const line of [
    "ExecStart=/opt/node/bin/node /opt/tailherd/dist/tailherd.js up --data-dir /var/lib/tailherd",
    "KillMode=process",
    "Delegate=yes",
    "Restart=always",
    "OOMPolicy=continue",
    "WantedBy=multi-user.target",
    "After=network-online.target",
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
});

test("the user's unit belongs to the user's default target", () => {
  const text = unitText({ scope: "user", ...place, args: [] });
  assert.match(text, /^WantedBy=default\.target$/m);
  assert.doesNotMatch(text, /network-online/);
});

test("odd paths survive systemd's own filling in and splitting", () => {
  const text = unitText({ scope: "user", ...place, args: ["--data-dir", '/srv/my "100%" $data'] });
  assert.match(text, /--data-dir "\/srv\/my \\"100%%\\" \$\$data"$/m);
});
