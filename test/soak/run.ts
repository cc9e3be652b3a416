// `npm run soak [-- P1 P7] [--factor N]`: the tests that show the promises of docs and design, with their full counts. A test
// belongs to a promise when its title or its file's first lines name it ("P7: acknowledged means stored"); tests that repeat
// something multiply their short count by TAILHERD_SOAK_FACTOR, up to the full one (support/soak.ts). A promise that no test names is
// a failure too.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(import.meta.dirname));
/** What is promised of one machine; P2, P10 and P12 to P15 come with upgrades and the fleet. */
const PROMISES = ["P1", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P11"];
/** Ten short rounds of kills under writers become the promised 200; ten services become 50. */
const FULL = 20;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { factor: { type: "string", default: String(FULL) } },
});
const wanted = positionals.length > 0 ? positionals : PROMISES;
const strange = wanted.find((promise) => !PROMISES.includes(promise));
const factor = Number(options.factor);
if (strange !== undefined || !(factor >= 1)) {
  console.error(`Usage: npm run soak -- [${PROMISES.join("|")}]… [--factor N], N being 1 or more`);
  process.exit(2);
}

/** Promises by the test files that name them. */
function findTests(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of globSync(["test/integration/**/*.test.ts", "src/**/*.test.ts"], { cwd: ROOT }).sort()) {
    const named = new Set(readFileSync(join(ROOT, file), "utf8").match(/\bP\d{1,2}(?=[: ,])/g));
    const promises = wanted.filter((promise) => named.has(promise));
    if (promises.length > 0) found.set(file, promises);
  }
  return found;
}

const tests = findTests();
const outcome = new Map(wanted.map((promise) => [promise, [] as string[]]));
for (const [file, promises] of tests) {
  console.log(`── ${promises.join(", ")}: ${file}`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, ["--test", "--test-force-exit", "--test-reporter=spec", file], {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, TAILHERD_SOAK_FACTOR: String(factor), TAILHERD_NO_SKIP: "1" },
  });
  const words = `${status === 0 ? "kept" : "BROKEN"} by ${file} (${((performance.now() - started) / 1000).toFixed(0)} s)`;
  for (const promise of promises) outcome.get(promise)?.push(words);
}

console.log(`\nPromises, counts × ${factor}:`);
for (const [promise, words] of outcome) {
  console.log(`${promise}  ${words.length === 0 ? "NOT SHOWN by any test" : words.join(`\n${" ".repeat(4)}`)}`);
}
const broken = [...outcome.values()].some(
  (words) => words.length === 0 || words.some((each) => each.startsWith("BROKEN")),
);
process.exit(broken ? 1 : 0);
