// A service of many instances to be restarted under load, its clients, and what became of a rolling restart.
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { Operation } from "../../src/contract/operations.ts";
import type { ServiceInput } from "../../src/contract/service.ts";
import type { ServiceStatus } from "../../src/contract/status.ts";

const SERVER = join(import.meta.dirname, "../fixtures/drains-on-sigterm.ts");
const PATIENCE = 60_000;

/** Asks a hub; the body of the answer as JSON. */
export type Ask = (key: string, body?: object) => Promise<{ status: number; json: unknown }>;

/** A service of these servers, which is running when its servers listen. */
export function drainingService(
  dir: string,
  { quiet = 0, manner, ...more }: Partial<ServiceInput> & { quiet?: number; manner?: "exits" | "never-listens" },
): ServiceInput {
  return {
    name: "web",
    argv: [process.execPath, SERVER, dir, String(quiet), ...(manner === undefined ? [] : [manner])],
    placement: { servers: [], tags: ["web"] },
    autostart: true,
    checks: [{ name: "listens", kind: "log", role: "startup", match: "listening", interval: 0.5, failures: 100 }],
    ...more,
  };
}

/** The operation once it is as wanted. */
export async function untilOperation(
  ask: Ask,
  id: string,
  wanted: (operation: Operation) => boolean,
): Promise<Operation> {
  return await until(`operation ${id}`, async () => (await ask(`GET /api/operations/${id}`)).json as Operation, wanted);
}

/** The service once it is as wanted. */
export async function untilService(
  ask: Ask,
  name: string,
  wanted: (status: ServiceStatus) => boolean,
): Promise<ServiceStatus> {
  return await until(name, async () => (await ask(`GET /api/services/${name}/status`)).json as ServiceStatus, wanted);
}

/** So many instances run, and are ready. */
export function allReady(count: number): (status: ServiceStatus) => boolean {
  return ({ instances }) =>
    instances.length === count && instances.every(({ state, ready }) => state === "running" && ready === true);
}

async function until<T>(what: string, look: () => Promise<T>, wanted: (now: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const now = await look();
    if (wanted(now)) return now;
    if (Date.now() > deadline) throw new Error(`${what} did not get there: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks instance after instance, as a load balancer does: only those that were last told as ready. */
export class Balancer implements Disposable {
  /** By what was answered. */
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  private rows: ServiceStatus["instances"] = [];
  private readonly dir: string;
  private stopped = false;
  private next = 0;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** What is told of the service now. */
  tell({ instances }: Pick<ServiceStatus, "instances">): void {
    this.rows = instances;
  }

  /** Until it is stopped: each of so many clients asks again when it was answered. */
  async run(clients: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, async () => await this.client()));
  }

  stop(): void {
    this.stopped = true;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  private async client(): Promise<void> {
    while (!this.stopped) {
      const ready = this.rows.filter(({ state, ready: is, pid }) => state === "running" && is === true && pid !== null);
      this.next += 1;
      const row = ready[this.next % Math.max(1, ready.length)];
      if (row === undefined) {
        this.failures.push("no instance is ready");
        return;
      }
      try {
        const said = await ask(Number(readFileSync(join(this.dir, String(row.pid)), "utf8")));
        this.answers.set(said, (this.answers.get(said) ?? 0) + 1);
      } catch (error) {
        this.failures.push(`${row.server} #${row.index}: ${String(error)}`);
      }
      await turn();
    }
  }
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}`)),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end();
  });
}
