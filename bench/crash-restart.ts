// Crash to restarted: from SIGKILL to the first word of the next process.
import type { Bench, Finding, Measure } from "./measure.ts";
import { bootIn, type Booted } from "./support/herd.ts";
import { idler } from "./support/programs.ts";
import { pause } from "./support/run.ts";
import { Samples } from "./support/samples.ts";

/** A service that has lived this long counts as well for every supervisor here, so that none holds its restart back. */
const STABLE = 1500;

export const crashRestart: Measure = {
  name: "crash-restart",
  async run(bench) {
    const rounds = bench.quick ? 5 : 30;
    const times = new Samples();
    await using herds = new AsyncDisposableStack();
    const services: Service[] = [];
    for (const { peer } of bench.peers) {
      await bench.attempt(`a service under ${peer.name}`, async () => {
        services.push(await startOne(peer.name, herds.use(await bootIn(peer))));
      });
    }
    for (let round = 0; round < rounds; round++) {
      // Taking turns gives each service the time of the others' restarts to become stable.
      for (const service of services) {
        await bench.attempt(`restart by ${service.who}`, async () => {
          await pause(Math.max(0, STABLE - (performance.now() - service.upSince)));
          times.add(service.who, await timeRestart(service));
        });
      }
    }
    return [describe(bench, rounds, times)];
  },
};

interface Service {
  who: string;
  booted: Booted;
  pid: number;
  /** performance.now() of its last "up". */
  upSince: number;
}

async function startOne(who: string, booted: Booted): Promise<Service> {
  const { home, herd } = booted;
  await herd.define([idler(home.programs, "crasher")]);
  const [[word]] = await Promise.all([home.said.up(["crasher"]), herd.startAll()]);
  if (word === undefined) throw new Error("The service said nothing");
  return { who, booted, pid: word.pid, upSince: word.at };
}

async function timeRestart(service: Service): Promise<number> {
  const next = service.booted.home.said.next((word) => word.text === "up", 20_000);
  const killed = performance.now();
  process.kill(service.pid, "SIGKILL");
  const word = await next;
  service.pid = word.pid;
  service.upSince = word.at;
  return word.at - killed;
}

function describe(bench: Bench, rounds: number, times: Samples): Finding {
  const ours = times.median("tailherd");
  return {
    title: "Crash to restarted",
    load: [
      `SIGKILL to a service's process until the next one's first word (a shell script that writes to a FIFO at once), restart without backoff. All supervisors run at the same time and take turns; each process has lived ${STABLE / 1000} s or more before it is killed. ${rounds} kills each.`,
    ],
    columns: [
      { title: "p50 (ms)", digits: 1, ratio: true },
      { title: "p95 (ms)", digits: 1 },
      { title: "slowest (ms)", digits: 1 },
    ],
    rows: bench.peers.map(({ peer: { name } }) => ({
      who: name,
      values: [times.median(name), times.percentile(name, 0.95), times.percentile(name, 1)],
    })),
    budgets: [
      { what: "crash to restarted, p50", unit: "ms", limit: 5, value: ours, digits: 1 },
      ...["PM2", "runit", "bare Node spawner"].map((name) => ({
        what: `the same, below ${name}'s`,
        unit: "ms",
        limit: times.median(name),
        value: ours,
        digits: 1,
      })),
    ],
    notes: [],
  };
}
