// A fleet from the command line: a hub and two agents as processes of their own, and what happens when one of them is killed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ServerNode } from "../../src/contract/server.ts";
import type { ServiceStatus } from "../../src/contract/status.ts";
import {
  runCli,
  RunningCli,
  startAgentCli,
  startUp,
  type CliResult,
  type RunningAgent,
  type RunningUp,
} from "../support/cli.ts";
import { freePort } from "../support/ports.ts";

const scratch = mkdtempSync(join(tmpdir(), "tailherd-cli-fleet-"));
after(() => rmSync(scratch, { recursive: true }));

describe("a fleet from the command line", { timeout: 120_000 }, () => {
  let up: RunningUp;
  let url: string;
  let one: RunningAgent;
  let two: RunningAgent;
  const cli = async (...args: string[]): Promise<CliResult> => await runCli(args, up);
  const json = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await cli(...args, "--json");
    // 3: it was asked of one that does not run.
    assert.ok(code === 0 || code === 3, stderr);
    return JSON.parse(stdout) as T;
  };
  const token = async (...args: string[]): Promise<string> =>
    (await cli("join-token", "-o", "name", ...args)).stdout.trim();
  const servers = async (): Promise<Map<string, ServerNode>> =>
    new Map((await json<ServerNode[]>("servers")).map((server) => [server.name, server]));
  const rows = async (name: string): Promise<Map<string, ServiceStatus["instances"][number]>> => {
    const [status] = await json<ServiceStatus[]>("ps", name);
    assert.ok(status);
    return new Map(status.instances.map((instance) => [instance.server, instance]));
  };
  const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 30_000;
    while (!(await look())) {
      if (Date.now() > deadline)
        throw new Error(`it did not come to be that ${what}: ${(await cli("servers")).stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  before(async () => {
    // The address that agents know has to stay while the hub is restarted.
    const port = await freePort();
    up = await startUp(["--listen", `127.0.0.1:${port}`]);
    url = `http://127.0.0.1:${port}`;
    one = await startAgentCli("web-1", ["--hub", url, "--tag", "eu"], {
      TAILHERD_JOIN_TOKEN: await token("--tag", "web"),
    });
    two = await startAgentCli("web-2", ["--hub", url, "--token", await token("--tag", "web")]);
  });
  after(async () => {
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await up[Symbol.asyncDispose]();
  });

  it("lets machines in with a token, and lists them", async () => {
    const { stdout } = await cli("servers");
    assert.match(stdout, /^NAME +STATE +KIND +CPU +MEM +DISK +SERVICES +TAGS +SEEN +VERSION$/m);
    assert.match(stdout, /^web-1 +online +agent .* web,eu /m);
    const known = await servers();
    assert.deepEqual([known.get("web-1")?.connected, known.get("web-2")?.tags], [true, ["web"]]);
    assert.equal((await cli("servers", "-o", "name")).stdout.split("\n").length, 4);
    assert.match((await cli("servers", "show", "web-1")).stdout, /Link: +open/);
    const spent = await json<{ uses_left: number }[]>("join-token", "ls");
    assert.ok(spent.every(({ uses_left }) => uses_left === 0));
  });

  it("runs a service where it is placed, and acts on a part of it", async () => {
    const added = await cli("add", "web", "--on-tag", "web", "--autostart", "--command", "echo here; exec sleep 1000");
    assert.equal(added.code, 0, added.stderr);
    await until("web runs on both", async () => {
      const now = await rows("web");
      return now.size === 2 && [...now.values()].every(({ state }) => state === "running");
    });
    assert.match((await cli("ps")).stdout, /^NAME +SERVER +STATE[^]*^web +web-1 +running[^]*^web +web-2 +running/m);
    assert.match((await cli("ps", "-s", "web-1", "-o", "name")).stdout, /^web\n$/);
    assert.deepEqual([...(await rows("web")).keys()], ["web-1", "web-2"]);
    const only = await json<ServiceStatus[]>("ps", "-t", "eu");
    assert.deepEqual(
      only.map(({ instances }) => instances.map(({ server }) => server)),
      [["web-1"]],
    );

    const before = await rows("web");
    assert.equal((await cli("restart", "web@web-1")).code, 0);
    const now = await rows("web");
    assert.notEqual(now.get("web-1")?.pid, before.get("web-1")?.pid);
    assert.equal(now.get("web-2")?.pid, before.get("web-2")?.pid);

    const logs = await cli("logs", "web");
    assert.match(logs.stdout, /^web@web-1 \| here$/m);
    assert.match(logs.stdout, /^web@web-2 \| here$/m);
    assert.doesNotMatch((await cli("logs", "web@web-2")).stdout, /web-1/);
    assert.match((await cli("events", "-s", "web-1", "-n", "50")).stdout, /web@web-1 +.*running/);
    assert.doesNotMatch((await cli("events", "-s", "web-1", "-n", "50")).stdout, /web@web-2/);
    assert.match((await cli("top")).stdout, /3 of 3 servers online[^]*web-1[^]*web +web-1 +running/);
    assert.match((await cli("show", "web")).stdout, /Runs on: +web-1, web-2 \(placed on servers with "web"\)/);
    assert.match((await cli("show", "web", "--definition")).stdout, /placement:\n +tags:\n +- web\n/);
    assert.equal((await cli("stop", "web@nowhere")).code, 4);
    assert.equal((await cli("ps", "-s", "nowhere")).code, 4);
  });

  it("keeps services through kill -9 of an agent, which needs no token to come back", async () => {
    const before = await rows("web");
    await one.cli.end("SIGKILL");
    await until("the hub knows", async () => (await servers()).get("web-1")?.connected === false);
    process.kill(before.get("web-1")?.pid ?? 0, 0);
    const doctor = await runCli(["doctor"], { dataDir: one.dataDir });
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /"web-1" of the hub at http:[^]*the agent does not run/);
    await one.restart("SIGKILL");
    await until("it is linked again", async () => (await servers()).get("web-1")?.connected === true);
    assert.equal((await rows("web")).get("web-1")?.pid, before.get("web-1")?.pid);
    assert.match((await runCli(["doctor"], { dataDir: one.dataDir })).stdout, /link +open since/);
    assert.match((await runCli(["ps"], { dataDir: one.dataDir })).stderr, /the agent "web-1"; its hub is elsewhere/);
  });

  it("keeps services and links through kill -9 of the hub, and says what it waits for", async () => {
    const before = await rows("web");
    await up.restart("SIGKILL");
    await two.cli.sees("stderr", /No link to the hub at http[^]*Services go on[^]*Linked to the hub/);
    await until("both are linked again", async () => {
      const known = await servers();
      return known.get("web-1")?.connected === true && known.get("web-2")?.connected === true;
    });
    await until("they have told", async () => (await rows("web")).size === 2);
    const now = await rows("web");
    assert.deepEqual(
      [now.get("web-1")?.pid, now.get("web-2")?.pid],
      [before.get("web-1")?.pid, before.get("web-2")?.pid],
    );
  });

  it("renames and tags; services that are placed by tags follow", async () => {
    const tagged = await cli("servers", "tag", "web-2", "-web", "+old");
    assert.equal(tagged.stdout, "web-2: old\n", tagged.stderr);
    await until("web ended there", async () => !(await rows("web")).has("web-2"));
    assert.equal((await cli("servers", "tag", "web-2", "-old", "+web")).stdout, "web-2: web\n");
    await until("web runs there again", async () => (await rows("web")).get("web-2")?.state === "running");
    await cli("add", "pinned", "--on", "web-2", "--", "sleep", "1000");
    assert.equal((await cli("servers", "rename", "web-2", "web-3")).stdout, "web-2: is called web-3 now\n");
    assert.match((await cli("show", "--definition", "pinned")).stdout, /web-3/);
    assert.equal((await cli("servers", "rename", "web-3", "web-2")).code, 0);
    assert.equal((await cli("rm", "--yes", "pinned")).code, 0);
  });

  it("takes a key back, and enrols the server again as who it was", async () => {
    const { id } = (await servers()).get("web-2") ?? {};
    assert.ok(id);
    assert.equal((await cli("servers", "revoke", "web-2")).code, 0);
    await two.cli.sees("stderr", /does not let this agent in[^]*Services go on[^]*join-token --for "web-2"/);
    assert.match((await cli("servers")).stdout, /^web-2 +revoked/m);
    await two.cli.end("SIGTERM");
    const without = await runCli(["agent", "--re-enrol"], { dataDir: two.dataDir });
    assert.equal(without.code, 2);
    assert.match(without.stderr, /join-token --for "web-2"/);
    await two.restart("SIGTERM", ["--re-enrol", "--token", await token("--for", "web-2")]);
    const now = (await servers()).get("web-2");
    assert.deepEqual([now?.id, now?.revoked], [id, false]);
  });

  it("is locked by a file, refuses other hubs, and directories that are a hub's or an agent's", async () => {
    const file = join(scratch, "own.yaml");
    writeFileSync(file, "services:\n  own: {command: sleep 1000}\n", { mode: 0o644 });
    assert.equal((await runCli(["agent", "--locked"], { dataDir: two.dataDir })).code, 2);
    await two.restart("SIGTERM", ["--locked", "-f", file]);
    assert.match(two.cli.stdout, /runs only what .*own\.yaml declares: own/);
    await until("web is held back there", async () => (await rows("web")).get("web-2")?.state === "fatal");
    const { code, stdout } = await cli("ps");
    assert.equal(code, 0);
    assert.match(stdout, /^web +web-2 +fatal .*this server is locked: its file does not declare it$/m);
    assert.match((await cli("servers")).stdout, /^web-2 +online +agent, locked/m);
    await two.restart("SIGTERM");
    await two.cli.end("SIGTERM");

    const other = await runCli(["agent", "--hub", "http://127.0.0.1:1", "--token", "t"], { dataDir: two.dataDir });
    assert.equal(other.code, 1);
    assert.match(other.stderr, /enrolled as "web-2" with the hub at [^]*--re-enrol/);
    const asHub = await new RunningCli(["up", "--listen", "127.0.0.1:0"], { dataDir: two.dataDir }).end();
    assert.equal(asHub.code, 1);
    assert.match(asHub.stderr, /it is an agent's, enrolled as "web-2"/);
    const fresh = join(scratch, "fresh");
    const wrong = await new RunningCli(["agent", "--hub", url, "--token", "nonsense"], { dataDir: fresh }).end();
    assert.equal(wrong.code, 5);
    assert.match(wrong.stderr, /not a token of this hub[^]*tailherd join-token/);
    const away = await new RunningCli(["agent", "--hub", "http://127.0.0.1:1", "--token", "t"], {
      dataDir: fresh,
    }).end();
    assert.equal(away.code, 6);
    await two.restart("SIGTERM");
  });

  it("forgets a server only when that is said", async () => {
    assert.equal((await cli("servers", "rm", "web-2")).code, 2);
    assert.equal((await cli("servers", "rm", "web-2", "--yes")).code, 0);
    assert.equal((await cli("servers", "show", "web-2")).code, 4);
  });
});
