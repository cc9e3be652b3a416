// From a change of a service's state to the browsers: 100 WebSocket clients that follow all services.
import { WebSocket } from "ws";
import type { Finding, Measure } from "./measure.ts";
import { bootTailherd, type TailherdHerd } from "./peers/tailherd.ts";
import { openHome, type OpenHome } from "./support/home.ts";
import { idler } from "./support/programs.ts";
import { pause } from "./support/run.ts";
import { Samples } from "./support/samples.ts";

const CLIENTS = 100;
const SERVICES = 20;
/** Milliseconds between two changes, so that each stands alone. */
const GAP = 120;

export const changeToBrowser: Measure = {
  name: "change-to-browser",
  async run(bench) {
    const rounds = bench.quick ? 8 : 60;
    const times = new Samples();
    await bench.attempt(`${CLIENTS} browsers`, async () => {
      const home = openHome();
      try {
        await measure(home, rounds, times);
      } finally {
        await home.clear();
      }
    });
    return [describe(rounds, times)];
  },
};

async function measure(home: OpenHome, rounds: number, times: Samples): Promise<void> {
  const herd = await bootTailherd(home);
  const sockets: WebSocket[] = [];
  try {
    const names = Array.from({ length: SERVICES }, (_, i) => `s${i}`);
    await herd.define(names.map((name) => idler(home.programs, name)));
    const [words] = await Promise.all([home.said.up(names), herd.startAll()]);
    const pids = new Map(words.map((word) => [word.name, word.pid]));
    for (let i = 0; i < CLIENTS; i++) sockets.push(await follow(herd));
    await pause(500);
    for (let round = 0; round < rounds; round++) {
      const name = names[round % SERVICES] ?? "";
      const next = home.said.up([name]);
      times.add("killed", ...(await timeChange(sockets, name, () => process.kill(pids.get(name) ?? 0, "SIGKILL"))));
      const [word] = await next;
      if (word !== undefined) pids.set(name, word.pid);
      await pause(GAP);
    }
  } finally {
    for (const socket of sockets) socket.terminate();
    await herd.dispose();
  }
}

/** A browser that follows all services, over the socket that its session would use. */
async function follow(herd: TailherdHerd): Promise<WebSocket> {
  const socket = new WebSocket(`ws+unix://${herd.client.socketPath}:/ws`, { headers: { host: "localhost" } });
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send(JSON.stringify({ type: "subscribe", topics: ["services"] })));
    socket.on("message", (data) => {
      if (textOf(data).startsWith('{"type":"snapshot"')) resolve();
    });
  });
  return socket;
}

/** Milliseconds from the act until each client has the first message about this service. */
async function timeChange(sockets: WebSocket[], name: string, act: () => void): Promise<number[]> {
  const wanted = `"name":"${name}"`;
  const heard = sockets.map(
    async (socket) =>
      await new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`A browser heard nothing of ${name}`)), 10_000);
        const listen = (data: WebSocket.RawData): void => {
          const at = performance.now();
          const text = textOf(data);
          if (!text.startsWith('{"type":"status_changed"') || !text.includes(wanted)) return;
          clearTimeout(timer);
          socket.off("message", listen);
          resolve(at);
        };
        socket.on("message", listen);
      }),
  );
  const started = performance.now();
  act();
  return (await Promise.all(heard)).map((at) => at - started);
}

function textOf(data: WebSocket.RawData): string {
  return Buffer.isBuffer(data) ? data.toString("utf8") : "";
}

function describe(rounds: number, times: Samples): Finding {
  return {
    title: "Change to browser",
    load: [
      `${CLIENTS} WebSocket clients in the bench's own process follow ${SERVICES} services; a service's process is killed, and the time runs from SIGKILL until each client has the message that says so. ${rounds} kills, ${rounds * CLIENTS} messages.`,
    ],
    columns: [
      { title: "p50 (ms)", digits: 1 },
      { title: "p99 (ms)", digits: 1 },
      { title: "slowest (ms)", digits: 1 },
    ],
    rows: [
      {
        who: "tailherd",
        values: [times.median("killed"), times.percentile("killed", 0.99), times.percentile("killed", 1)],
      },
    ],
    budgets: [
      {
        what: `state change to the browser, ${CLIENTS} clients, p99`,
        unit: "ms",
        limit: 10,
        value: times.percentile("killed", 0.99),
        digits: 1,
      },
    ],
    notes: ["No other supervisor here tells browsers anything; people reload or poll."],
  };
}
