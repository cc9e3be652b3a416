// The CLI with a real hub and agent: what people do in their first hour, and that it outlives us.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ServiceStatus } from "../../src/contract/status.ts";
import type { ApplyResult } from "../../src/contract/transfer.ts";
import { runCli, RunningCli, startUp, type CliResult, type RunningUp } from "../support/cli.ts";

const scratch = mkdtempSync(join(tmpdir(), "tailherd-cli-"));
after(() => rmSync(scratch, { recursive: true }));

describe("tailherd up", () => {
  it("greets with a sign-in link, ends well on SIGTERM, with 130 on Ctrl-C, and services go on with their pid", async () => {
    await using up = await startUp();
    assert.match(up.cli.stdout, /\/sign-in\?code=[\w-]+/);
    const health = await fetch(`${up.address}/health`);
    assert.equal(health.status, 200);
    assert.equal((await runCli(["add", "sleeper", "--start", "--", "sleep", "1000"], up)).code, 0);
    const pid = (await statusOf(up, "sleeper")).instances[0]?.pid;
    assert.ok(pid);
    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      const { cli } = up;
      await up.restart(signal);
      const { code } = await cli.end();
      assert.equal(code, { SIGINT: 130, SIGTERM: 0, SIGKILL: 128 }[signal], signal);
      assert.equal((await statusOf(up, "sleeper")).instances[0]?.pid, pid, signal);
    }
  });

  it("names who has the port, and refuses a second one on its directory", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const dataDir = join(scratch, "second");
    const taken = await new RunningCli(["up", "--listen", `127.0.0.1:${port}`], { dataDir }).end();
    other.close();
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, new RegExp(`Cannot listen on 127.0.0.1:${port}: pid ${process.pid} `));
    assert.match(taken.stderr, /--listen/);
    await using up = await startUp();
    const second = await new RunningCli(["up", "--listen", "127.0.0.1:0"], { dataDir: up.dataDir }).end();
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`pid ${up.cli.child.pid}`));
  });

  it("refuses --no-auth beyond loopback, addresses beyond the tailnet, and addresses that are none", async () => {
    const open = await runCli(["up", "--no-auth", "--listen", "100.100.1.2:0"], { dataDir: scratch });
    assert.equal(open.code, 2);
    assert.match(open.stderr, /loopback/);
    const wide = await runCli(["up", "--listen", "0.0.0.0:0"], { dataDir: scratch });
    assert.equal(wide.code, 1);
    assert.match(wide.stderr, /Cannot listen on 0\.0\.0\.0: machines outside of the tailnet could reach it/);
    assert.equal((await runCli(["up", "--listen", "nowhere"], { dataDir: scratch })).code, 2);
  });

  it("applies a file, and starts nothing when that file is wrong", async () => {
    const file = join(scratch, "up.yaml");
    writeFileSync(file, "services:\n  a: {command: sleep 1000, autostart: true}\n");
    await using up = await startUp(["-f", file]);
    await up.cli.sees("stderr", /Plan: 1 to add/);
    assert.equal((await statusOf(up, "a")).owner, file);
    writeFileSync(file, "services:\n  a: {comand: x}\n");
    const wrong = await runCli(["up", "-f", file], { dataDir: join(scratch, "never") });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /2:7: services\.a\.comand is not a known key; did you mean "command"/);
  });
});

describe("with a hub", () => {
  let up: RunningUp;
  before(async () => {
    up = await startUp();
  });
  after(async () => await up[Symbol.asyncDispose]());
  const cli = async (...args: string[]): Promise<CliResult> => await runCli(args, up);

  it("a service's life: add, start, ps, logs, restart, kill, show, rm", async () => {
    const added = await cli(
      "add",
      "talker",
      "--label",
      "t=1",
      "-e",
      "WHO=you",
      "--command",
      'echo "hello $WHO"; exec sleep 1000',
    );
    assert.deepEqual([added.code, added.stdout], [0, "talker: added. Start it: tailherd start talker\n"]);
    assert.equal((await cli("add", "talker", "--", "x")).code, 1);
    assert.equal((await cli("ps", "talker")).code, 3);
    assert.equal((await cli("start", "talker")).code, 0);
    assert.equal((await cli("ps", "talker")).code, 0);
    const following = new RunningCli(["logs", "-f", "talker"], up);
    await following.sees("stdout", /^hello you$/m);
    assert.equal((await cli("restart", "-t", "t=1")).code, 0);
    await following.sees("stdout", /hello you\n[\s\S]*hello you\n/);
    assert.equal((await following.end("SIGINT")).code, 130);
    const lines = (await cli("logs", "talker", "--json")).stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { text: string });
    assert.equal(lines.filter((line) => line.text === "hello you").length, 2);
    assert.equal((await cli("kill", "talker")).code, 0);
    const shown = (await cli("show", "talker")).stdout;
    assert.match(shown, /Ends, newest first/);
    assert.match(shown, /command: echo "hello \$WHO"; exec sleep 1000/);
    const recent = (await cli("events", "--service", "talker")).stdout;
    assert.match(recent, /added, r1/);
    assert.match(recent, /running/);
    assert.equal((await cli("rm", "talker")).code, 0);
    assert.equal((await cli("show", "talker")).code, 4);
  });

  it("a start that clearly fails is exit 1 with the reason", async () => {
    await cli("add", "broken", "--", "/nonexistent/program");
    const { code, stderr } = await cli("start", "broken");
    assert.equal(code, 1);
    assert.match(stderr, /no such file|not found|ENOENT/i);
    await cli("add", "fine", "--", "sleep", "1000");
    const both = await cli("start", "broken", "fine");
    assert.equal(both.code, 8);
    assert.match(both.stdout, /^fine/m);
    await cli("rm", "broken", "fine");
  });

  it("apply makes it so, tells what it changes, and does nothing the second time", async () => {
    const file = join(scratch, "tailherd.yaml");
    const write = (text: string): void => writeFileSync(file, text);
    const inScratch = async (...args: string[]): Promise<CliResult> => await runCli(args, { ...up, cwd: scratch });
    write("services:\n  one: {command: sleep 1000, autostart: true}\n  two: {command: sleep 1000}\n");
    assert.equal((await inScratch("diff")).code, 1);
    const dry = await inScratch("apply", "--dry-run");
    assert.match(dry.stdout, /\+ add +one\n\+ add +two\n\nPlan: 2 to add, 0 to change, 0 to remove/);
    assert.equal((await cli("ps", "-o", "name")).stdout.includes("one"), false);
    assert.equal((await inScratch("apply")).code, 0);
    assert.equal((await inScratch("diff")).code, 0);
    assert.equal((await inScratch("apply")).stdout, "Nothing to do.\n");
    // apply does not wait for autostart; start does, and starts nothing twice.
    assert.equal((await cli("start", "one")).code, 0);
    const { pid } = (await statusOf(up, "one")).instances[0] ?? {};
    write("services:\n  one: {command: sleep 2000, autostart: true}\n");
    const plan = JSON.parse((await inScratch("diff", "--json")).stdout) as ApplyResult;
    assert.deepEqual(
      plan.steps.map(({ service, change, restart_needed }) => ({ service, change, restart_needed })),
      [
        { service: "one", change: "change", restart_needed: true },
        { service: "two", change: "remove", restart_needed: false },
      ],
    );
    assert.match((await inScratch("apply", "--restart")).stdout, /start_cmd: "sleep 1000" → "sleep 2000"/);
    assert.notEqual((await statusOf(up, "one")).instances[0]?.pid, pid);
    assert.equal((await cli("show", "two")).code, 4);
    assert.match((await cli("rm", "one")).stderr, /tailherd\.yaml owns it/);
    write("services:\n  one: {command: 5}\n  three: {command: x}\n");
    assert.equal((await inScratch("apply")).code, 2);
    assert.equal((await cli("show", "three")).code, 4);
  });

  it("the predecessor's files come in and go out without loss", async () => {
    const from = join(import.meta.dirname, "../fixtures/predecessor");
    const dry = await cli("import", from, "--dry-run");
    assert.equal(dry.code, 0);
    assert.match(dry.stdout, /Would add 3 services: FastAPI Backend, Web Frontend, Müllwerk worker 2/);
    assert.equal((await cli("import", from)).code, 0);
    const to = join(scratch, "exported");
    assert.equal((await cli("export", to)).code, 0);
    const read = (directory: string, file: string): unknown => JSON.parse(readFileSync(join(directory, file), "utf8"));
    const names = new Set(["FastAPI Backend", "Web Frontend", "Müllwerk worker 2"]);
    const services = (read(to, "services_config.json") as { name: string }[]).filter(({ name }) => names.has(name));
    assert.deepEqual(services, read(from, "services_config.json"));
    assert.deepEqual(read(to, "servers.json"), read(from, "servers.json"));
    assert.deepEqual(read(to, "settings.json"), read(from, "settings.json"));
    assert.match((await cli("import", from)).stdout, /skip FastAPI Backend/);
    mkdirSync(join(scratch, "broken"));
    writeFileSync(join(scratch, "broken", "settings.json"), "{");
    const broken = await cli("import", join(scratch, "broken"));
    assert.equal(broken.code, 2);
    assert.match(broken.stderr, /settings\.json: it is not JSON/);
    assert.equal((await cli("rm", ...names)).code, 0);
  });

  it("a token opens the hub at its address with its role, and no longer once revoked", async () => {
    const made = await cli("token", "add", "reader");
    assert.match(made.stdout, /^\S{20,}\n$/);
    const env = { TAILHERD_HUB: up.address, TAILHERD_TOKEN: made.stdout.trim() };
    assert.equal((await runCli(["ps"], { env })).code, 0);
    assert.equal((await runCli(["stop", "anything"], { env })).code, 5);
    assert.equal((await runCli(["ps", "--hub", up.address])).code, 5);
    const file = join(scratch, "token");
    writeFileSync(file, made.stdout, { mode: 0o600 });
    assert.equal((await runCli(["ps", "--hub", up.address, "--token-file", file])).code, 0);
    assert.match((await cli("token", "ls")).stdout, /reader +viewer/);
    assert.equal((await cli("token", "rm", "reader")).code, 0);
    assert.equal((await runCli(["ps"], { env })).code, 5);
    assert.equal((await cli("token", "rm", "reader")).code, 4);
  });

  it("edit saves a revision, which show --definition prints", async () => {
    await cli("add", "edited", "--command", "sleep 1000");
    const env = { EDITOR: "sed -i 's/sleep 1000/sleep 3000/'" };
    assert.equal(
      (await runCli(["edit", "edited"], { ...up, env })).stdout,
      "edited: saved as r2. A restart applies it.\n",
    );
    assert.match((await cli("show", "edited", "--definition")).stdout, /command: sleep 3000/);
    await cli("rm", "edited");
  });

  it("open prints a link that works, doctor finds nothing, config tells who said what", async () => {
    assert.match((await cli("open", "--print")).stdout, new RegExp(`^${up.address}/sign-in\\?code=`));
    const doctor = await cli("doctor", "--json");
    const findings = JSON.parse(doctor.stdout) as { check: string; level: string }[];
    assert.deepEqual(
      findings.filter(({ level }) => level === "problem"),
      [],
    );
    assert.match((await cli("config", "where")).stdout, /data_dir .*TAILHERD_DATA_DIR/);
    assert.match((await cli("top")).stdout, /running \| cpu/);
    assert.equal((await runCli(["doctor"], { dataDir: join(scratch, "none") })).code, 1);
  });
});

describe("tailherd backup and restore", () => {
  it("brings back what was there, and not under a running hub", async () => {
    await using up = await startUp();
    const file = join(scratch, "backup.db");
    await runCli(["add", "kept", "--", "sleep", "1"], up);
    assert.equal((await runCli(["backup", file], up)).code, 0);
    assert.equal((await runCli(["backup", file], up)).code, 2);
    await runCli(["rm", "kept"], up);
    const early = await runCli(["restore", file], up);
    assert.equal(early.code, 1);
    assert.match(early.stderr, new RegExp(`pid ${up.cli.child.pid}`));
    await up.cli.end("SIGTERM");
    assert.equal((await runCli(["restore", join(scratch, "missing.db")], up)).code, 4);
    const restored = await runCli(["restore", file], up);
    assert.equal(restored.code, 0);
    assert.match(restored.stdout, /Restored 1 services/);
    await up.restart("SIGTERM");
    assert.equal((await runCli(["show", "kept"], up)).code, 0);
  });
});

async function statusOf(up: RunningUp, name: string): Promise<ServiceStatus> {
  const { stdout } = await runCli(["ps", name, "--json"], up);
  const [status] = JSON.parse(stdout) as ServiceStatus[];
  assert.ok(status);
  return status;
}
