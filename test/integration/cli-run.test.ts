// `tailherd run`: where it runs, what is printed of it, and which exit code it ends with.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runCli } from "../support/cli.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";
import { startTestHub } from "../support/hub.ts";

describe("tailherd run", { timeout: 60_000 }, () => {
  it("ends with the exit code of the one command, and prints what that prints", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web-1", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const env = { TAILHERD_HUB: hub.url };
    const ok = await runCli(["run", "-s", "web-1", "--", "printf", "%s-", "a", "--b"], { env });
    assert.deepEqual([ok.code, ok.stdout, ok.stderr], [0, "a---b-", ""]);
    const failed = await runCli(["run", "-s", "web-1", "--", "sh", "-c", "echo no; exit 7"], { env });
    assert.deepEqual([failed.code, failed.stdout], [7, "no\n"]);
    assert.match(failed.stderr, /web-1: failed: exit 7/);
    const late = await runCli(["run", "-s", "web-1", "--timeout", "200ms", "--", "sleep", "1000"], { env });
    assert.equal(late.code, 1);
    assert.match(late.stderr, /took longer than 0.2 s/);
  });

  it("names the servers where there are several, and ends with 8 when it failed on some", async () => {
    await using hub = await startTestHub();
    await using a = await joinFleet(hub, "a", { allowRun: true, tags: ["web"] });
    await using b = await joinFleet(hub, "b-long", { tags: ["web"] });
    for (const { id } of [a, b]) await untilServer(hub, id, ({ connected }) => connected);
    const env = { TAILHERD_HUB: hub.url };
    const some = await runCli(["run", "-t", "web", "--", "echo", "here"], { env });
    assert.deepEqual([some.code, some.stdout], [8, "a       here\n"]);
    assert.match(some.stderr, /b-long: failed: .*--allow-run[\s\S]*1 of 2 failed/);
    const json = await runCli(["run", "-t", "web", "--json", "--", "echo", "here"], { env });
    const targets = JSON.parse(json.stdout) as { server: string; output: string }[];
    assert.deepEqual(
      targets.map(({ server, output }) => [server, output]),
      [
        ["a", "here\n"],
        ["b-long", ""],
      ],
    );
  });

  it("wants to know where, and says when there is no such server", async () => {
    await using hub = await startTestHub();
    const env = { TAILHERD_HUB: hub.url };
    assert.equal((await runCli(["run", "--", "true"], { env })).code, 2);
    assert.equal((await runCli(["run", "-s", "nothing", "--", "true"], { env })).code, 4);
    const away = await hub.request("POST /api/servers/register", { body: { name: "bare", host: "x" } });
    assert.equal(away.status, 201);
    const refused = await runCli(["run", "-s", "bare", "--", "true"], { env });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /only sends heartbeats/);
  });
});
