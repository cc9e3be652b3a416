import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { unitText } from "./unit-file.ts";

const place = { node: "/opt/node/bin/node", script: "/opt/tailherd/dist/tailherd.js" };

test("the system's unit leaves services alone when it stops", () => {
  const text = unitText({ scope: "system", verb: "up", ...place, args: ["--data-dir", "/var/lib/tailherd"] });
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
  const text = unitText({ scope: "user", verb: "up", ...place, args: [] });
  assert.match(text, /^WantedBy=default\.target$/m);
  assert.doesNotMatch(text, /network-online/);
});

test("odd paths survive systemd's own filling in and splitting", () => {
  const text = unitText({ scope: "user", verb: "up", ...place, args: ["--data-dir", '/srv/my "100%" $data'] });
  assert.match(text, /--data-dir "\/srv\/my \\"100%%\\" \$\$data"$/m);
});

const systemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

for (const scope of ["system", "user"] as const) {
  const skip = systemd ? false : "this machine has no systemd-analyze";
  test(`systemd has nothing to say against the ${scope}'s unit`, { skip }, () => {
    const dir = mkdtempSync(join(tmpdir(), "tailherd-unit-"));
    try {
      const file = join(dir, "tailherd.service");
      const args = ["--data-dir", '/srv/my "100%" $data', "--listen", "127.0.0.1:8765"];
      writeFileSync(file, unitText({ scope, node: process.execPath, script: import.meta.filename, verb: "up", args }));
      const env = { ...process.env, XDG_RUNTIME_DIR: dir, HOME: dir };
      const said = spawnSync("systemd-analyze", ["verify", `--${scope}`, file], { env, encoding: "utf8" });
      assert.deepEqual([said.status, said.stderr], [0, ""]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

test("the unit of an agent runs the agent", () => {
  const text = unitText({ scope: "system", verb: "agent", ...place, args: ["--data-dir", "/var/lib/tailherd"] });
  assert.match(
    text,
    /^ExecStart=\/opt\/node\/bin\/node \/opt\/tailherd\/dist\/tailherd\.js agent --data-dir \/var\/lib\/tailherd$/m,
  );
  assert.match(text, /^KillMode=process$/m);
});
