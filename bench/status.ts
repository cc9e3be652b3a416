// How all services are: over the supervisor's interface, and by its command, with 200 services.
import type { Bench, Finding, Measure } from "./measure.ts";
import type { StatusQuestion } from "./peers/peer.ts";
import { bootIn, type Booted } from "./support/herd.ts";
import { idler } from "./support/programs.ts";
import { run } from "./support/run.ts";
import { Samples } from "./support/samples.ts";

const COUNT = 200;

export const status: Measure = {
  name: "status",
  async run(bench) {
    const rounds = bench.quick ? 2 : 10;
    const calls = bench.quick ? 5 : 20;
    const asked = new Samples();
    const commands = new Samples();
    const questions: [who: string, question: StatusQuestion][] = [];
    await using herds = new AsyncDisposableStack();
    const running: [who: string, booted: Booted][] = [];
    for (const { peer } of bench.peers) {
      await bench.attempt(`${COUNT} services under ${peer.name}`, async () => {
        const booted = herds.use(await bootIn(peer));
        await startAll(booted);
        running.push([peer.name, booted]);
        questions.push(...booted.herd.questions().map((question): [string, StatusQuestion] => [peer.name, question]));
      });
    }
    for (let round = 0; round < rounds; round++) {
      for (const [who, { herd, home }] of running) {
        await bench.attempt(`status of ${who}`, async () => {
          asked.add(who, ...((await herd.ask?.(calls)) ?? []));
          for (const { label, command } of herd.questions())
            commands.add(label, (await run(command, { env: home.env })).ms);
        });
      }
    }
    return [describeApi(bench, rounds * calls, asked), describeCommands(questions, rounds, commands)];
  },
};

async function startAll({ home, herd }: Booted): Promise<void> {
  const names = Array.from({ length: COUNT }, (_, i) => `s${i}`);
  await herd.define(names.map((name) => idler(home.programs, name)));
  await Promise.all([home.said.up(names), herd.startAll()]);
}

const INTERFACES: Record<string, string> = {
  tailherd: "`GET /api/status`, HTTP on a unix socket",
  PM2: "`pm2.list()` on a kept connection",
  supervisord: "`supervisor.getAllProcessInfo`, XML-RPC on a unix socket",
};

function describeApi(bench: Bench, calls: number, asked: Samples): Finding {
  return {
    title: `Status of ${COUNT} services, by interface`,
    load: [`One request after the other, each for all services, the answer read in full; ${calls} requests in turns.`],
    columns: [
      { title: "p50 (ms)", digits: 1, ratio: true },
      { title: "p95 (ms)", digits: 1 },
      { title: "asked by", digits: 0 },
    ],
    rows: bench.peers.map(({ peer: { name } }) => ({
      who: name,
      values: [asked.median(name), asked.percentile(name, 0.95), INTERFACES[name] ?? "has no interface of this kind"],
    })),
    budgets: [
      {
        what: `\`GET /api/status\`, ${COUNT} services, p50`,
        unit: "ms",
        limit: 3,
        value: asked.median("tailherd"),
        digits: 1,
      },
    ],
    notes: [],
  };
}

function describeCommands(questions: [string, StatusQuestion][], rounds: number, commands: Samples): Finding {
  return {
    title: `Status of ${COUNT} services, by command`,
    load: [`Wall time of the command, output into a pipe. Median of ${rounds}, supervisors taking turns.`],
    columns: [
      { title: "command (ms)", digits: 0, ratio: true },
      { title: "command", digits: 0 },
    ],
    rows: questions.map(([who, { label }]) => ({ who, values: [commands.median(label), `\`${label}\``] })),
    budgets: [{ what: "`tailherd ps`", unit: "ms", limit: 120, value: commands.median("tailherd ps"), digits: 0 }],
    notes: [],
  };
}
