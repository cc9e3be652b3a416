// `tailherd task` against a hub with an agent: what it prints, and what a crontab becomes.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliResult, runCli } from "../support/cli.ts";
import { joinFleet, type FleetAgent, untilServer } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

describe("tailherd task", () => {
  let hub: TestHub;
  let web: FleetAgent;
  const scratch = mkdtempSync(join(tmpdir(), "tailherd-task-"));
  const task = (...args: string[]): Promise<CliResult> => runCli(["task", ...args], { dataDir: hub.dataDir });
  const well = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await task(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  /** A server that has only just come in may not have a task yet. */
  const untilAgentHas = async (name: string): Promise<void> => {
    const asked = { task: name, id: "probe", by: "test", due_at: "2999-01-01T00:00:00.000Z" };
    while (/no task/.test((await web.agent.call("run_task", asked)).message)) {
      await new Promise((resolve) => void setImmediate(resolve));
    }
  };

  before(async () => {
    hub = await startTestHub();
    web = await joinFleet(hub, "web", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    await hub.request("POST /api/services", { body: { name: "api", start_cmd: "x" } });
  });
  after(async () => {
    await web[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true });
  });

  it("makes, shows, changes and deletes tasks", async () => {
    assert.match(
      await well("add", "nightly", "30 2 * * 1-5", "--restart", "api", "--zone", "UTC", "--retries", "2"),
      /^nightly: added\. restart api at 02:30 on weekdays \(UTC\), next /,
    );
    assert.match(await well("ls"), /^NAME +SCHEDULE +DOES +NEXT +LAST\nnightly +30 2 \* \* 1-5 +restart api /);
    assert.match(await well("show", "nightly"), /Schedule +30 2 \* \* 1-5 \(at 02:30 on weekdays, UTC\)/);
    await well("set", "nightly", "--schedule", "@daily", "--disable");
    const [shown] = JSON.parse(await well("ls", "--json")) as Record<string, unknown>[];
    assert.deepEqual([shown?.cron_expression, shown?.enabled, shown?.timezone], ["@daily", false, "UTC"]);
    assert.match(JSON.stringify(shown), /"count":2/);
    assert.equal(await well("ls", "-o", "name"), "nightly\n");
    assert.match(await well("rm", "nightly", "--yes"), /Task "nightly" was deleted/);
    assert.equal((await task("show", "nightly")).code, 4);
  });

  it("says what is wrong, exit 2", async () => {
    const { code, stderr } = await task("add", "t", "0 0 30 2 *", "--restart", "api");
    assert.equal(code, 2);
    assert.match(stderr, /cron_expression.*day of the month: it would never fire: there is no day 30 in February/s);
    assert.equal((await task("add", "t", "@daily", "--restart", "api", "--stop", "api")).code, 2);
  });

  it("previews a schedule in words", async () => {
    const args = ["30", "2", "*", "*", "*", "--zone", "America/New_York", "--from", "2026-03-07T12:00:00Z", "-n", "1"];
    assert.equal(
      await well("preview", ...args),
      [
        "Runs at 02:30 every day (America/New_York).",
        "  2026-03-08 07:00:00 here, 2026-03-08 03:00 there",
        "Note: on 8 March 02:30 does not exist: runs at 03:00",
        "Note: on 14 March 02:30 does not exist: runs at 03:00\n",
      ].join("\n"),
    );
  });

  it("runs one now, waits for its end, and remembers it", async () => {
    await well("add", "hello", "@yearly", "--on", "web", "--", "/bin/sh", "-c", "echo hello; exit 3");
    // A server that has only just come in may not have the task yet.
    let ran = await task("run", "hello", "--wait");
    while (ran.stderr.includes("no task")) ran = await task("run", "hello", "--wait");
    assert.deepEqual([ran.code, ran.stdout], [1, "hello\nweb: failed, exit 3\n"]);
    const history = await well("history", "hello");
    assert.match(history, /^DUE +SERVER +OUTCOME +TOOK +WHY +REASON +RUN\n.* web +failed .* asked by .* exit 3 /);
    const id = (await well("history", "hello", "-o", "name")).trim();
    assert.match(await well("history", "hello", id), /\nhello\n$/);
  });

  it("spreads one over its servers, each told its turn", async () => {
    const spread = ["--on", "web", "--on", "fake", "--width", "1", "--stagger", "5m"];
    await well("add", "spread", "@yearly", ...spread, "--", "/bin/true");
    assert.match(await well("show", "spread"), /Fan-out +fake when due, web 300 s later\n/);
    assert.equal(hub.agent.tasks.get("spread")?.offset, undefined);
    await well("set", "spread", "--stagger", "90s", "--on", "fake");
    const one = JSON.parse(await well("show", "spread", "--json")) as Record<string, unknown>;
    assert.deepEqual([one.fan_out, one.turns], [{ width: 1, stagger: 90 }, []]);
    await well("set", "spread", "--width", "0");
    const all = JSON.parse(await well("show", "spread", "--json")) as Record<string, unknown>;
    assert.deepEqual(all.fan_out, { width: null, stagger: 0 });
    await well("rm", "spread", "--yes");
  });

  it("runs one for the times that it missed, shown first, and each once", async () => {
    const file = join(scratch, "made-up");
    // Not in the hour around now: the same times are missed however long this takes.
    const hour = (new Date().getUTCHours() + 12) % 24;
    await well(
      "add",
      "report",
      `0 ${hour} * * *`,
      "--zone",
      "UTC",
      "--on",
      "web",
      "--",
      "/bin/sh",
      "-c",
      `echo ran >> ${file}`,
    );
    await untilAgentHas("report");
    const dry = await well("run", "report", "--since", "72h", "--dry-run");
    assert.match(dry, /^web: 3 missed since [-\d]+ [:\d]+\n( {2}[-\d]+ [:\d]+\n){3}$/);
    assert.equal(existsSync(file), false);
    const ran = await well("run", "report", "--since", "72h", "--yes", "--wait");
    assert.match(ran, /^web: 3 missed since .*\nweb: done, exit 0\nweb: done, exit 0\nweb: done, exit 0\n$/s);
    assert.equal(readFileSync(file, "utf8"), "ran\n".repeat(3));
    assert.match(await well("history", "report"), /web +done .* catch_up, asked by /);
    assert.match(await well("run", "report", "--since", "72h"), /^"report" has missed nothing since /);
    const again = JSON.parse(await well("run", "report", "--since", "72h", "--yes", "--json")) as { runs: unknown[] };
    assert.deepEqual(again.runs, []);
    assert.equal(readFileSync(file, "utf8"), "ran\n".repeat(3));
    assert.equal((await task("run", "report", "--dry-run")).code, 2);
    assert.equal((await task("run", "report", "--since", "nonsense")).code, 2);
  });

  it("says of one that is not there where to look", async () => {
    const { code, stderr } = await task("show", "nosuch");
    assert.deepEqual([code, stderr], [4, 'tailherd: There is no task "nosuch"\nSee what there is: tailherd task ls\n']);
  });

  it("takes over a crontab, shown first", async () => {
    const file = join(scratch, "crontab");
    writeFileSync(
      file,
      [
        "# backups",
        "MAILTO=ops@example.com",
        'PATH="/usr/bin:/bin"',
        "CRON_TZ=Europe/Berlin",
        "17 *\t* * *\troot\tcd / && run-parts /etc/cron.hourly",
        "0 3 * * 0 www-data /srv/clean.sh --all",
        "@daily root date +\\%F > /tmp/day",
        "@reboot root /srv/up",
        "* * * * * root cat%hello",
        "nonsense",
      ].join("\n"),
    );
    const args = ["import", file, "--user-column", "--on", "web"];
    const dry = await well(...args, "--dry-run");
    assert.match(dry, /^Would add 3 tasks:\n {2}line 5: run-parts {2}17 \* \* \* \*\n {4}warning: its output is kept/);
    assert.match(dry, /Would skip line 8 .*: @reboot has no time/);
    assert.match(dry, /Would skip line 9 .*: it gives its command an input after %/);
    assert.match(dry, /Would skip line 10 .*: it is no job/);
    await well(...args, "--yes");
    const tasks = JSON.parse(await well("ls", "--json")) as Record<string, unknown>[];
    const made = tasks.filter(({ timezone }) => timezone === "Europe/Berlin");
    assert.deepEqual(
      made.map(({ name, cron_expression, command }) => [name, cron_expression, command]),
      [
        ["run-parts", "17 * * * *", "export PATH='/usr/bin:/bin'; cd / && run-parts /etc/cron.hourly"],
        [
          "clean.sh",
          "0 3 * * 0",
          ["runuser", "-u", "www-data", "--", "/bin/sh", "-c", "export PATH='/usr/bin:/bin'; /srv/clean.sh --all"],
        ],
        ["date", "@daily", "export PATH='/usr/bin:/bin'; date +%F > /tmp/day"],
      ],
    );
    // A second time the names are others': nothing is replaced.
    assert.match(await well(...args, "--dry-run"), /line 5: run-parts 2 /);
  });
});
