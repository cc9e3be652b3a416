// VictoriaMetrics from Debian: loaded by its import API, asked by its query API.
import type { ChildProcess } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { debianVersion, installPackages } from "./debian.ts";
import { start, until } from "../support/run.ts";

const PACKAGE = "victoria-metrics";

/** Values of one series for the import. */
export interface ImportSeries {
  metric: string;
  server: string;
  values: number[];
  /** Unix milliseconds. */
  times: number[];
}

/** The package's version; undefined where it cannot be had. */
export async function victoriaMetricsVersion(): Promise<string | undefined> {
  const found = await debianVersion(PACKAGE, PACKAGE);
  if (found !== undefined) return found;
  installPackages([PACKAGE]);
  return await debianVersion(PACKAGE, PACKAGE);
}

/** A server of its own on a free port. */
export class VictoriaMetrics implements AsyncDisposable {
  private readonly child: ChildProcess;
  private readonly base: string;
  private readonly dir: string;

  private constructor(child: ChildProcess, base: string, dir: string) {
    this.child = child;
    this.base = base;
    this.dir = dir;
  }

  static async start(dir: string): Promise<VictoriaMetrics> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = await start([
      PACKAGE,
      `-storageDataPath=${dir}`,
      `-httpListenAddr=${address}`,
      "-retentionPeriod=12",
      "-search.disableCache",
      "-loggerLevel=ERROR",
    ]);
    const started = new VictoriaMetrics(child, `http://${address}`, dir);
    const answers = (): Promise<boolean> => started.get("/health").then(Boolean, () => false);
    await until("VictoriaMetrics answers", answers, { every: 20 });
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async import(series: readonly ImportSeries[]): Promise<void> {
    const body = series
      .map(({ metric, server, values, times }) =>
        JSON.stringify({ metric: { __name__: metric, server }, values, timestamps: times }),
      )
      .join("\n");
    const answer = await fetch(`${this.base}/api/v1/import`, { method: "POST", body });
    if (!answer.ok) throw new Error(`Cannot import: ${answer.status} ${await answer.text()}`);
  }

  /** Merges all parts into few, so that what lies on the disk is at rest. */
  async settle(): Promise<void> {
    await this.get("/internal/force_flush");
    await this.get("/internal/force_merge");
    const isMerging = async (): Promise<boolean> => {
      const told = await this.get("/metrics");
      const active = [...told.matchAll(/^vm_active_(?:force_)?merges(?:\{[^}]*\})? (\d+)$/gm)];
      return active.some(([, count]) => count !== "0");
    };
    await until("VictoriaMetrics has merged", async () => !(await isMerging()), { every: 500, patience: 600_000 });
  }

  /** The number of points in the answer; it is read and parsed in full. */
  async rangePoints(query: string, from: number, to: number, step: number): Promise<number> {
    const parameters = { query, start: String(from / 1000), end: String(to / 1000), step: `${step}s`, nocache: "1" };
    const answer = await this.get(`/api/v1/query_range?${String(new URLSearchParams(parameters))}`);
    const { data } = JSON.parse(answer) as { data: { result: { values: unknown[] }[] } };
    return data.result.reduce((sum, { values }) => sum + values.length, 0);
  }

  /** As `rangePoints`, of the raw samples. */
  async rawPoints(match: string, from: number, to: number): Promise<number> {
    const parameters = { "match[]": match, start: String(from / 1000), end: String(to / 1000) };
    const answer = await this.get(`/api/v1/export?${String(new URLSearchParams(parameters))}`);
    const lines = answer.trim().split("\n");
    return lines.reduce((sum, line) => sum + (JSON.parse(line) as { values: unknown[] }).values.length, 0);
  }

  /** Bytes of its files. */
  bytes(): number {
    const sizeOf = (dir: string): number =>
      readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => {
        const path = join(dir, entry.name);
        return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
      }, 0);
    return sizeOf(join(this.dir, "data"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await gone;
  }

  private async get(path: string): Promise<string> {
    const answer = await fetch(this.base + path);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Cannot ask VictoriaMetrics ${path}: ${answer.status} ${text}`);
    return text;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
