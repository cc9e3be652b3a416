// `npm run bench [NAME…] [--quick] [--no-peers] [--json FILE]`: measures tailherd beside its peers and writes docs/benchmarks.md.
// With names, or --quick, the page is left alone and printed instead.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { changeToBrowser } from "./change-to-browser.ts";
import { checks } from "./checks.ts";
import { crashRestart } from "./crash-restart.ts";
import { dashboard } from "./dashboard.ts";
import { fleet } from "./fleet.ts";
import { frames } from "./frames.ts";
import { heartbeats } from "./heartbeats.ts";
import { idle } from "./idle.ts";
import type { Bench, Finding, Measure } from "./measure.ts";
import { metrics } from "./metrics.ts";
import { notify } from "./notify.ts";
import { output } from "./output.ts";
import { presentPeers } from "./peers/peers.ts";
import { renderReport } from "./report.ts";
import { sampler } from "./sampler.ts";
import { startMany } from "./start-many.ts";
import { startUp } from "./start-up.ts";
import { status } from "./status.ts";
import { stopMany } from "./stop-many.ts";
import { tasks } from "./tasks.ts";
import { WARM_CACHE } from "./support/home.ts";
import { describeMachine } from "./support/machine.ts";

const ROOT = dirname(import.meta.dirname);
const MEASURES: readonly Measure[] = [
  startUp,
  idle,
  startMany,
  stopMany,
  crashRestart,
  status,
  output,
  changeToBrowser,
  dashboard,
  sampler,
  checks,
  notify,
  frames,
  metrics,
  heartbeats,
  fleet,
  tasks,
];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    json: { type: "string" },
  },
});

const unknown = names.find((name) => !MEASURES.some((measure) => measure.name === name));
if (unknown !== undefined) {
  console.error(`There is no measure "${unknown}": choose of ${MEASURES.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const built = spawnSync(process.execPath, [join(ROOT, "scripts/build.ts"), "--if-stale"], { stdio: "inherit" });
if (built.status !== 0) process.exit(1);

const date = new Date();
const loadBefore = loadavg()[0] ?? 0;
const peers = await presentPeers(!options["no-peers"]);
const failures: string[] = [];
const bench: Bench = {
  peers,
  quick: options.quick,
  async attempt(step, act) {
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${step}\n`);
    try {
      await act();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      process.stderr.write(`        failed: ${words}\n`);
      failures.push(`${step}: ${words.split("\n")[0]}`);
    }
  },
};

const started = performance.now();
const findings: Finding[] = [];
mkdirSync(WARM_CACHE, { recursive: true, mode: 0o700 });
try {
  for (const measure of MEASURES) {
    if (names.length === 0 || names.includes(measure.name)) findings.push(...(await measure.run(bench)));
  }
} finally {
  rmSync(WARM_CACHE, { recursive: true, force: true });
}

const run = {
  date,
  took: performance.now() - started,
  machine: describeMachine(),
  loadBefore,
  supervisors: peers.map(({ peer, version }) => ({ name: peer.name, version })),
  quick: options.quick,
  findings,
  failures,
};
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);
const page = renderReport(run);
if (names.length === 0 && !options.quick && !options["no-peers"]) {
  writeFileSync(join(ROOT, "docs/benchmarks.md"), page);
  console.log("Written: docs/benchmarks.md");
} else {
  console.log(page);
}
process.exit(failures.length === 0 ? 0 : 1);
