// The dashboard's weight: the JavaScript a browser fetches for the first screen, as it travels, gzipped.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Finding, Measure } from "./measure.ts";
import { PROGRAM } from "./peers/tailherd.ts";
import { sum } from "./support/statistics.ts";

const WEB = join(dirname(PROGRAM), "web");
const KB = 1e3;

export const dashboard: Measure = {
  name: "dashboard",
  async run(bench) {
    let weight: Weight = { files: 0, bytes: Number.NaN, raw: Number.NaN };
    await bench.attempt("the dashboard's first screen", async () => {
      weight = weigh(firstScreen());
    });
    return [describe(weight)];
  },
};

interface Weight {
  files: number;
  /** Gzipped at level 9. */
  bytes: number;
  raw: number;
}

/** Files of the first screen: what the page names, and what those import statically. */
function firstScreen(): string[] {
  const page = readFileSync(join(WEB, "index.html"), "utf8");
  const found = new Set<string>();
  const queue = [...page.matchAll(/(?:src|href)="\/?([^"]+\.js)"/g)].map((match) => join(WEB, match[1] ?? ""));
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file) || !existsSync(file)) continue;
    found.add(file);
    const text = readFileSync(file, "utf8");
    for (const match of text.matchAll(/(?:\bimport|\bfrom)\s*"(\.{1,2}\/[^"]+\.js)"/g)) {
      queue.push(join(dirname(file), match[1] ?? ""));
    }
  }
  return [...found];
}

function weigh(files: string[]): Weight {
  if (files.length === 0) throw new Error(`Cannot find the dashboard's scripts in ${WEB}`);
  const contents = files.map((file) => readFileSync(file));
  return {
    files: files.length,
    bytes: sum(contents.map((content) => gzipSync(content, { level: 9 }).length)),
    raw: sum(contents.map((content) => content.length)),
  };
}

function describe(weight: Weight): Finding {
  return {
    title: "Dashboard: JavaScript of the first screen",
    load: [
      "The scripts that the built page names and all that those import before anything is shown, each gzipped at level 9.",
    ],
    columns: [
      { title: "gzipped (kB)", digits: 1 },
      { title: "unpacked (kB)", digits: 1 },
      { title: "files", digits: 0 },
    ],
    rows: [{ who: "tailherd", values: [weight.bytes / KB, weight.raw / KB, weight.files] }],
    budgets: [
      { what: "JavaScript of the first screen, gzipped", unit: "kB", limit: 130, value: weight.bytes / KB, digits: 1 },
    ],
    notes: [],
  };
}
