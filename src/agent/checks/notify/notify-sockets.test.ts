import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Clock, FakeClock, systemClock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import { silentLogger } from "../../../runtime/logger.ts";
import { findTool } from "../../supervisor/find-program.ts";
import { TOLD_A_SECOND } from "./helper.ts";
import { type Listener, NO_PERL, NotifySockets } from "./notify-sockets.ts";
import type { Place } from "./place.ts";

/** Sends its arguments, each as a datagram; a number before a text says how often. */
const SEND = String.raw`use Socket; my $to = pack_sockaddr_un(shift); socket my $s, PF_UNIX, SOCK_DGRAM, 0 or die $!;
while (my ($times, $text) = splice @ARGV, 0, 2) { for my $n (1 .. $times) { my $t = $text =~ s/%/$n/r; defined send $s, $t, 0, $to or die $! } }`;

function send(path: string, ...said: [times: number, text: string][]): void {
  const sent = spawnSync("perl", ["-e", SEND, path, ...said.flat().map(String)], { encoding: "utf8", timeout: 20_000 });
  assert.equal(sent.status, 0, sent.stderr);
}

/** What one socket's listener heard, to be waited for. */
class Ear implements Listener {
  readonly texts: string[] = [];
  count = 0;
  bound = 0;
  readonly deafness: (string | null)[] = [];
  private wake: () => void = () => undefined;

  said(text: string, count: number): void {
    this.texts.push(text);
    this.count += count;
    this.wake();
  }

  listening(): void {
    this.bound += 1;
    this.wake();
  }

  deaf(problem: string | null): void {
    this.deafness.push(problem);
    this.wake();
  }

  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** Processes whose command line names this file. */
function helpersOf(script: string): number[] {
  const { stdout } = spawnSync("pgrep", ["-f", `perl ${script}`], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

describe("NotifySockets", () => {
  let directory: string;
  let script: string;
  let sockets: NotifySockets;
  const start = (findPerl = () => findTool("perl"), clock: Clock = systemClock): NotifySockets =>
    new NotifySockets({ script, findPerl, clock, logger: silentLogger });
  const place = (name: string): Place => {
    const path = join(directory, "notify", name);
    return {
      directory: join(directory, "notify"),
      path,
      mode: "700",
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
    };
  };
  const open = async (name: string): Promise<Ear> => {
    const ear = new Ear();
    sockets.open(name, place(name), ear);
    await sockets.settled(name);
    return ear;
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "tailherd-notify-"));
    script = join(directory, "helper");
    sockets = start();
  });
  afterEach(async () => {
    await sockets.close();
    assert.deepEqual(helpersOf(script), []);
    rmSync(directory, { recursive: true });
  });

  it("hears each socket apart, whole datagrams, and leaves out what is not known", async () => {
    const [a, b] = [await open("a"), await open("b")];
    const found = statSync(place("a").path);
    assert.deepEqual([found.isSocket(), found.mode & 0o777], [true, 0o600]);
    assert.equal(helpersOf(script).length, 1, "one helper for all");
    send(place("a").path, [1, "READY=1\nSTATUS=ähm\nMAINPID=1"], [1, "MAINPID=1"], [1, ""]);
    send(place("b").path, [1, "WATCHDOG=1\n"]);
    await Promise.all([a.until(() => a.texts.length > 0), b.until(() => b.texts.length > 0)]);
    assert.deepEqual([a.texts, b.texts], [["READY=1\nSTATUS=ähm"], ["WATCHDOG=1"]]);
  });

  it("tells of a flood the newest of each kind, some times a second, loses no READY=1, and hears the others", async () => {
    const [a, b] = [await open("a"), await open("b")];
    send(place("a").path, [2000, "STATUS=first %"], [1, "READY=1"], [2000, "STATUS=second %\nWATCHDOG=1"]);
    send(place("b").path, [1, "READY=1"]);
    await Promise.all([a.until(() => a.count === 4001), b.until(() => b.count === 1)]);
    const text = a.texts.join("\n");
    assert.match(text, /READY=1/);
    assert.match(text, /STATUS=second 2000/);
    assert.ok(a.texts.length < 4001 / 4, `${a.texts.length} texts`);
    assert.ok(a.texts.length >= TOLD_A_SECOND);
  });

  it("cuts what is too long, and takes any bytes", async () => {
    const a = await open("a");
    send(place("a").path, [1, `STATUS=${"x".repeat(6000)}\nREADY=1`], [1, "STATUS=\u0001\u00ff\r"]);
    await a.until(() => a.texts.length === 2);
    assert.equal(a.texts[0], `STATUS=${"x".repeat(2041)}`);
    assert.equal(a.texts[1], "STATUS=\u0001\u00ff\r");
  });

  it("replaces a helper that was killed, at the same places", async () => {
    const [a, b] = [await open("a"), await open("b")];
    const [pid = 0] = helpersOf(script);
    process.kill(pid, "SIGKILL");
    await Promise.all([a.until(() => a.bound === 2), b.until(() => b.bound === 2)]);
    assert.deepEqual(a.deafness, [null]);
    assert.equal(helpersOf(script).filter((one) => one !== pid).length, 1);
    send(place("a").path, [1, "READY=1"]);
    await a.until(() => a.texts.length === 1);
  });

  it("knows when all that was said has been heard, and replaces a helper that does not answer", async () => {
    const clock = new FakeClock(0);
    sockets = start(undefined, clock);
    const a = await open("a");
    send(place("a").path, [300, "STATUS=%"]);
    assert.equal(await sockets.caughtUp("a"), true);
    assert.equal(a.texts.at(-1), "STATUS=300");
    const [pid = 0] = helpersOf(script);
    process.kill(pid, "SIGSTOP");
    const asked = sockets.caughtUp("a");
    clock.advance(10 * SECOND);
    assert.equal(await asked, false);
    clock.advance(SECOND);
    await a.until(() => a.bound === 2);
    assert.ok(!isAlive(pid));
    assert.equal(await sockets.caughtUp("a"), true);
    assert.equal(await sockets.caughtUp("nobody"), false);
  });

  it("ends its helper with the last socket, starts one with the next, and removes what is let go", async () => {
    await open("a");
    const [pid] = helpersOf(script);
    sockets.free("a");
    assert.ok(!existsSync(place("a").path));
    const a = await open("a");
    assert.notEqual(helpersOf(script).at(-1), pid);
    send(place("a").path, [1, "READY=1"]);
    await a.until(() => a.texts.length === 1);
    await sockets.close();
    assert.ok(existsSync(place("a").path), "the next agent binds it anew");
  });

  it("says why it cannot listen: no perl, a directory of somebody's making", async () => {
    sockets = start(() => undefined);
    const a = await open("a");
    assert.deepEqual(a.deafness, [NO_PERL]);
    await sockets.close();
    sockets = start();
    const b = new Ear();
    sockets.open("b", { ...place("b"), path: join(script, "b") }, b);
    await sockets.settled("b");
    assert.match(
      b.deafness[0] ?? "",
      /^cannot listen for sd_notify: .*helper: (?:is no directory of our own|Not a directory)/,
    );
  });

  it("ends its helper with the process that it is for, however that ends", async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "../../../../test/fixtures/notify-holder.ts"), script, place("a").path],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [told] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(told.toString(), "bound\n");
    const [pid = 0] = helpersOf(script);
    child.kill("SIGKILL");
    await once(child, "exit");
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(perl\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
