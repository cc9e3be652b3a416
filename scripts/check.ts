// `npm run check` and the heart of `npm test`: everything that must hold. `--quick` leaves out build and tests.
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const quick = process.argv.includes("--quick");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

/** Files of a suite; empty where none stands yet. */
const files = (...patterns: string[]): string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();

interface Step {
  name: string;
  command: string;
  args: string[];
  skip?: boolean;
}

const unit = files("src/**/*.test.ts", "scripts/**/*.test.ts");
const integration = files("test/integration/**/*.test.ts");
const e2e = files("test/e2e/**/*.test.ts");
const node = process.execPath;
/** A file that has not ended by then hangs: it is ended, and has failed. */
const LIMIT = "--test-timeout=300000";

const steps: Step[] = [
  { name: "types", command: bin("tsc"), args: ["-p", "."] },
  { name: "types of the dashboard", command: bin("tsc"), args: ["-p", "src/web"] },
  { name: "lint", command: bin("oxlint"), args: ["--type-aware", "--quiet"] },
  { name: "format", command: bin("oxfmt"), args: ["--check"] },
  { name: "unused code", command: bin("knip"), args: [], skip: quick },
  {
    name: "generated files",
    command: node,
    args: ["scripts/generate.ts", "--check"],
    skip: !existsSync(join(root, "scripts/generate.ts")),
  },
  { name: "build", command: node, args: ["scripts/build.ts", "--if-stale"], skip: quick },
  { name: "unit tests", command: node, args: ["--test", LIMIT, ...unit], skip: quick || unit.length === 0 },
  {
    name: "integration tests",
    command: node,
    args: ["--test", LIMIT, "--test-concurrency=2", ...integration],
    skip: quick || integration.length === 0,
  },
  {
    name: "end-to-end tests",
    command: node,
    args: ["--test", LIMIT, "--test-concurrency=2", ...e2e],
    skip: quick || e2e.length === 0,
  },
];

const failed: string[] = [];
for (const step of steps.filter((step) => step.skip !== true)) {
  const started = performance.now();
  process.stdout.write(`── ${step.name}\n`);
  const result = spawnSync(step.command, step.args, { cwd: root, stdio: "inherit" });
  process.stdout.write(
    `── ${step.name}: ${result.status === 0 ? "ok" : "FAILED"} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`,
  );
  if (result.status !== 0) failed.push(step.name);
}
if (failed.length > 0) {
  process.stdout.write(`\nFailed: ${failed.join(", ")}\n`);
  process.exit(1);
}
