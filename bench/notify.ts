// What it costs to hear services by sd_notify: five hundred that say WATCHDOG=1 every five seconds, each with a check that counts on it.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gate } from "../src/agent/checks/gate.ts";
import { InstanceChecks } from "../src/agent/checks/instance-checks.ts";
import { parseNotices } from "../src/agent/checks/notify/notice.ts";
import { NotifySockets } from "../src/agent/checks/notify/notify-sockets.ts";
import { hear, NOTHING_SAID, type Said } from "../src/agent/checks/notify/said.ts";
import { Wheel } from "../src/agent/checks/wheel.ts";
import type { OutputLog } from "../src/agent/spool/output-log.ts";
import { findTool } from "../src/agent/supervisor/find-program.ts";
import { systemClock } from "../src/base/clock.ts";
import { Emitter } from "../src/base/emitter.ts";
import { MIB } from "../src/base/units.ts";
import { checkSchema } from "../src/contract/checks.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import type { Finding, Measure } from "./measure.ts";
import { cpuNanoseconds, memoryOf } from "./support/proc.ts";
import { pause } from "./support/run.ts";
import { NO_BEATS } from "../test/support/deaf.ts";

const SERVICES = 500;
const PING_EACH = 5;
const CHECK = checkSchema.parse({ name: "c", kind: "notify", interval: 10, within: 30 });
/** Pings all paths of a file, each as often, spread over the time. */
const PINGER = String.raw`use Socket; my ($file, $each) = @ARGV; open my $f, '<', $file or die $!; chomp(my @all = <$f>);
socket my $s, PF_UNIX, SOCK_DGRAM, 0 or die $!; my @to = map { pack_sockaddr_un($_) } @all;
while (1) { for (@to) { send $s, 'WATCHDOG=1', 0, $_; select undef, undef, undef, $each / @to } }`;

interface Cost {
  agent: number;
  helper: number;
  memory: number;
  heard: number;
  failed: number;
}

export const notify: Measure = {
  name: "notify",
  async run(bench) {
    const seconds = bench.quick ? 20 : 60;
    let cost: Cost | undefined;
    await bench.attempt(`${SERVICES} services that ping every ${PING_EACH} s`, async () => {
      cost = await listen(seconds);
    });
    return [describe(seconds, cost)];
  },
};

async function listen(seconds: number): Promise<Cost> {
  const directory = mkdtempSync(join(tmpdir(), "tailherd-bench-notify-"));
  const script = join(directory, "helper");
  const sockets = new NotifySockets({
    script,
    findPerl: () => findTool("perl"),
    clock: systemClock,
    logger: silentLogger,
  });
  const wheel = new Wheel(systemClock);
  const counts = { heard: 0, failed: 0 };
  const services = Array.from({ length: SERVICES }, (_, at) => serve(`s${at}`, { directory, sockets, wheel, counts }));
  let pinger: ChildProcess | undefined;
  try {
    await Promise.all(services.map(({ key }) => sockets.settled(key)));
    const paths = join(directory, "paths");
    writeFileSync(paths, services.map(({ path }) => `${path}\n`).join(""));
    pinger = spawn("perl", ["-e", PINGER, paths, String(PING_EACH)], { stdio: "ignore" });
    const helper = Number(spawnSync("pgrep", ["-f", `perl ${script}`], { encoding: "utf8" }).stdout);
    // The first rounds compile what they run.
    await pause(2 * PING_EACH * 1000);
    Object.assign(counts, { heard: 0, failed: 0 });
    const before = { own: process.cpuUsage(), helper: cpuNanoseconds(helper) };
    await pause(seconds * 1000);
    const { user, system } = process.cpuUsage(before.own);
    const percent = (nanoseconds: number): number => nanoseconds / (seconds * 1e7);
    return {
      agent: percent((user + system) * 1000),
      helper: percent(cpuNanoseconds(helper) - before.helper),
      memory: memoryOf(helper).uss / MIB,
      ...counts,
    };
  } finally {
    for (const { checks } of services) checks.close();
    wheel.close();
    await sockets.close();
    if (pinger !== undefined) {
      const ended = once(pinger, "exit");
      pinger.kill("SIGKILL");
      await ended;
    }
    rmSync(directory, { recursive: true });
  }
}

interface Around {
  directory: string;
  sockets: NotifySockets;
  wheel: Wheel;
  counts: { heard: number; failed: number };
}

/** One service's socket and its check, as an agent has them. */
function serve(key: string, { directory, sockets, wheel, counts }: Around) {
  const path = join(directory, "notify", key);
  const place = { directory, path, mode: "700" as const, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const heard = new Emitter<void>();
  const begun = performance.now();
  let said: Said = NOTHING_SAID;
  sockets.open(key, place, {
    said: (text) => {
      counts.heard += 1;
      said = parseNotices(text).reduce((before, notice) => hear(before, notice, performance.now()), said);
      heard.emit();
    },
    listening: () => undefined,
    deaf: () => undefined,
  });
  const checks = new InstanceChecks({
    key,
    subject: {
      launch: () => ({ ok: false, path: "", words: "nothing is launched" }),
      launchedAt: Date.now(),
      // This kind reads no output.
      output: {} as OutputLog,
      now: Date.now,
      notify: {
        hearing: () => ({
          said,
          told: { watchdog: 30 },
          since: begun,
          missed: false,
          problem: null,
          now: performance.now(),
        }),
        onHeard: (listener) => heard.on(listener),
        caughtUp: () => sockets.caughtUp(key),
      },
      beats: NO_BEATS,
      hide: (text) => text,
    },
    tools: { clock: systemClock, wheel, gates: { light: new Gate(200), heavy: new Gate(16) } },
    kept: null,
    results: new Map(),
    judged: ({ judgement }) => {
      if (judgement.row < 0) counts.failed += 1;
    },
  });
  checks.define([CHECK], []);
  return { key, path, checks };
}

function describe(seconds: number, cost: Cost | undefined): Finding {
  return {
    title: "Hearing services by sd_notify",
    load: [
      `${SERVICES} services say WATCHDOG=1 every ${PING_EACH} s, spread evenly, for ${seconds} s after two first rounds; each has a liveness check of kind notify. A Node process that does nothing else has the checks; the helper that listens is measured apart.`,
    ],
    columns: [
      { title: "CPU (% of a core)", digits: 2 },
      { title: "private memory (MB)", digits: 1 },
      { title: "heard a second", digits: 0 },
      { title: "failed", digits: 0 },
    ],
    rows: [
      {
        who: "agent's part",
        values: [cost?.agent ?? null, null, cost && cost.heard / seconds, cost?.failed].map(orNull),
      },
      { who: "helper", values: [cost?.helper ?? null, cost?.memory ?? null, null, null] },
    ],
    budgets: [
      {
        what: `${SERVICES} services that ping every ${PING_EACH} s: CPU of agent and helper`,
        unit: "% of a core",
        limit: 3,
        value: cost === undefined ? Number.NaN : cost.agent + cost.helper,
        digits: 2,
      },
    ],
    notes: ["Without a service that has such a check there is no helper."],
  };
}

function orNull(value: number | null | undefined): number | null {
  return value ?? null;
}
