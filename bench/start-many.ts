// Starting 50 and 200 services: from the command until the last of them has said its first word.
import type { Bench, Finding, Measure } from "./measure.ts";
import { bootIn } from "./support/herd.ts";
import { idler } from "./support/programs.ts";
import { Samples } from "./support/samples.ts";
import type { Peer } from "./peers/peer.ts";

const COUNTS = [50, 200] as const;

export const startMany: Measure = {
  name: "start-many",
  async run(bench) {
    const rounds = bench.quick ? 1 : 3;
    const times = { 50: new Samples(), 200: new Samples() };
    for (let round = 0; round < rounds; round++) {
      for (const count of COUNTS) {
        for (const { peer } of bench.peers) {
          await bench.attempt(`${count} starts by ${peer.name}`, async () => {
            times[count].add(peer.name, await timeStarts(peer, count));
          });
        }
      }
    }
    return [describe(bench, rounds, times)];
  },
};

async function timeStarts(peer: Peer, count: number): Promise<number> {
  await using booted = await bootIn(peer);
  const { home, herd } = booted;
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  await herd.define(names.map((name) => idler(home.programs, name)));
  const up = home.said.up(names);
  const started = performance.now();
  const [words] = await Promise.all([up, herd.startAll()]);
  return Math.max(...words.map((word) => word.at)) - started;
}

function describe(bench: Bench, rounds: number, times: Record<50 | 200, Samples>): Finding {
  return {
    title: "Starting many services",
    load: [
      `The supervisor runs and its services are defined; one command starts them all. Each service is a shell script whose first act is a word into a FIFO that the bench reads; the time ends with the last word. Median of ${rounds}, supervisors taking turns.`,
    ],
    columns: [
      { title: "50 services (ms)", digits: 0, ratio: true },
      { title: "200 services (ms)", digits: 0, ratio: true },
      { title: "asked by", digits: 0 },
    ],
    rows: bench.peers.map(({ peer }) => ({
      who: peer.name,
      values: [times[50].median(peer.name), times[200].median(peer.name), peer.ways.start],
    })),
    budgets: [
      {
        what: "200 services started, all running",
        unit: "ms",
        limit: 1500,
        value: times[200].median("tailherd"),
        digits: 0,
      },
      {
        what: "the same, below s6's",
        unit: "ms",
        limit: times[200].median("s6"),
        value: times[200].median("tailherd"),
        digits: 0,
      },
    ],
    notes: ["s6 and runit run without loggers here, which favours them; the others keep the output of every service."],
  };
}
