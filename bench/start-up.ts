// Start-up: from the command to the first answer.
import type { Bench, Finding, Measure } from "./measure.ts";
import { bootIn } from "./support/herd.ts";
import { Samples } from "./support/samples.ts";

export const startUp: Measure = {
  name: "start-up",
  async run(bench) {
    const rounds = bench.quick ? 3 : 9;
    const peers = bench.peers.filter(({ peer }) => peer.ways.boot !== null);
    const times = new Samples();
    // Round 0 warms caches and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const { peer } of peers) {
        await bench.attempt(`start-up of ${peer.name}`, async () => {
          await using booted = await bootIn(peer);
          if (round > 0) times.add(peer.name, booted.bootTime);
        });
      }
    }
    return [describe(bench, rounds, times)];
  },
};

function describe(bench: Bench, rounds: number, times: Samples): Finding {
  return {
    title: "Start-up",
    load: [
      `Time from the command to the first answer, without services and with an empty store; files and compiled code warm. Median of ${rounds}.`,
    ],
    columns: [
      { title: "first answer (ms)", digits: 0, ratio: true },
      { title: "slowest (ms)", digits: 0 },
      { title: "what is waited for", digits: 0 },
    ],
    rows: bench.peers.map(({ peer }) => ({
      who: peer.name,
      values: [
        times.median(peer.name),
        times.percentile(peer.name, 1),
        peer.ways.boot ?? "without services it answers nobody",
      ],
    })),
    budgets: [
      {
        what: "`up` to the first answer from `/health`",
        unit: "ms",
        limit: 300,
        value: times.median("tailherd"),
        digits: 0,
      },
    ],
    notes: [],
  };
}
