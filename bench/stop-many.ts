// Stopping 50 services that each take 200 ms to end.
import type { Bench, Finding, Measure } from "./measure.ts";
import { bootIn } from "./support/herd.ts";
import { identify, isAlive, type Identity } from "./support/proc.ts";
import { slowEnder } from "./support/programs.ts";
import { until } from "./support/run.ts";
import { Samples } from "./support/samples.ts";
import type { Peer } from "./peers/peer.ts";

const COUNT = 50;

export const stopMany: Measure = {
  name: "stop-many",
  async run(bench) {
    const rounds = bench.quick ? 1 : 3;
    const times = new Samples();
    for (let round = 0; round < rounds; round++) {
      for (const { peer } of bench.peers) {
        await bench.attempt(`${COUNT} stops by ${peer.name}`, async () => {
          times.add(peer.name, await timeStops(peer));
        });
      }
    }
    return [describe(bench, rounds, times)];
  },
};

async function timeStops(peer: Peer): Promise<number> {
  await using booted = await bootIn(peer);
  const { home, herd } = booted;
  const names = Array.from({ length: COUNT }, (_, i) => `s${i}`);
  await herd.define(names.map((name) => slowEnder(home.programs, name)));
  const [words] = await Promise.all([home.said.up(names), herd.startAll()]);
  const alive = words.map((word) => identify(word.pid)).filter((each): each is Identity => each !== undefined);
  const started = performance.now();
  await herd.stopAll();
  await until("all services have ended", () => !alive.some(isAlive));
  return performance.now() - started;
}

function describe(bench: Bench, rounds: number, times: Samples): Finding {
  return {
    title: "Stopping 50 services that take 200 ms each",
    load: [
      `Each service catches SIGTERM and needs 200 ms to end. The time ends when the command has returned and no service is left. Median of ${rounds}, supervisors taking turns.`,
    ],
    columns: [
      { title: "all gone (ms)", digits: 0, ratio: true },
      { title: "asked by", digits: 0 },
    ],
    rows: bench.peers.map(({ peer }) => ({ who: peer.name, values: [times.median(peer.name), peer.ways.stop] })),
    budgets: [
      {
        what: "50 services stopped that each take 200 ms",
        unit: "ms",
        limit: 400,
        value: times.median("tailherd"),
        digits: 0,
      },
    ],
    notes: [],
  };
}
