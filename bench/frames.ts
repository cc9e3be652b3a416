// How smoothly the dashboard runs while everything on it changes: frame times, and what script and layout cost, in a real Chromium.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromium, type Browser, type CDPSession, type Page } from "playwright-core";
import type { Finding, Measure, Row } from "./measure.ts";
import { PROGRAM } from "./peers/tailherd.ts";
import { pause } from "./support/run.ts";
import { Samples } from "./support/samples.ts";
import { startStandInHub, type StandInHub } from "./support/stand-in-hub.ts";

const WEB = join(dirname(PROGRAM), "web");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const SERVICES = 1000;
const SETTLE_MS = 3000;
const LIMIT_MS = 17;

/** Ways in which 1,000 services change once a second. */
const LOADS = [
  { who: "nothing changes", batch: 0, scrolls: false },
  { who: "1,000 a second, 50 each 50 ms", batch: 50, scrolls: false },
  { who: "1,000 a second, all at once", batch: SERVICES, scrolls: false },
  { who: "nothing changes, scrolled", batch: 0, scrolls: true },
  { who: "50 each 50 ms, scrolled", batch: 50, scrolls: true },
] as const;
const LOOKS = ["table", "cards"] as const;

export const frames: Measure = {
  name: "frames",
  async run(bench) {
    const seconds = bench.quick ? 5 : 15;
    const rows: Row[] = [];
    const p95: number[] = [];
    await bench.attempt(`${SERVICES} services in a browser`, async () => {
      const executablePath = CHROMIUM.find((path) => existsSync(path));
      if (executablePath === undefined) throw new Error(`Cannot find a Chromium: looked for ${CHROMIUM.join(", ")}`);
      const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
      try {
        for (const look of LOOKS) {
          for (const { who, batch, scrolls } of LOADS) {
            const seen = await watch(browser, { look, batch, scrolls, seconds });
            rows.push({ who: `${look}, ${who}`, values: valuesOf(seen) });
            if (batch > 0 && !scrolls) p95.push(seen.frames.percentile("frame", 0.95));
          }
        }
      } finally {
        await browser.close();
      }
    });
    return [describe(rows, p95, seconds)];
  },
};

interface Seen {
  frames: Samples;
  /** Milliseconds a second. */
  script: number;
  style: number;
  layout: number;
  all: number;
}

interface Load {
  look: string;
  /** Services changed by one message; 0 for none. */
  batch: number;
  /** Scrolled up and down by 30 pixels a frame. */
  scrolls: boolean;
  seconds: number;
}

async function watch(browser: Browser, { look, batch, scrolls, seconds }: Load): Promise<Seen> {
  await using hub = await startStandInHub(WEB, SERVICES);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    await context.addInitScript(`localStorage.setItem("tailherd.preferences", '{"view":"${look}"}')`);
    const page = await context.newPage();
    await page.goto(hub.url);
    await page.locator("[data-service]").nth(10).waitFor();
    const session = await context.newCDPSession(page);
    await session.send("Performance.enable");
    using _changes = change(hub, batch);
    await pause(SETTLE_MS);
    return await record(page, session, seconds, scrolls);
  } finally {
    await context.close();
  }
}

/** Changes `batch` services at a time, so that each changes once a second. */
function change(hub: StandInHub, batch: number): Disposable {
  if (batch === 0) return { [Symbol.dispose]() {} };
  let from = 0;
  const timer = setInterval(
    () => {
      hub.change(from, batch);
      from = (from + batch) % SERVICES;
    },
    (1000 * batch) / SERVICES,
  );
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function record(page: Page, session: CDPSession, seconds: number, scrolls: boolean): Promise<Seen> {
  const before = await costs(session);
  const times = await page.evaluate<number[]>(frameTimes(seconds * 1000, scrolls ? 30 : 0));
  const after = await costs(session);
  const each = (name: string): number => (((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000) / seconds;
  const frames = new Samples();
  frames.add("frame", ...times);
  return {
    frames,
    script: each("ScriptDuration"),
    style: each("RecalcStyleDuration"),
    layout: each("LayoutDuration"),
    all: each("TaskDuration"),
  };
}

/** Runs in the page, which this program has no types for: milliseconds between frames for as long as told. */
const frameTimes = (length: number, scroll: number): string => `new Promise((resolve) => {
  const times = [];
  const end = performance.now() + ${length};
  let before;
  let by = ${scroll};
  requestAnimationFrame(function frame(now) {
    if (before !== undefined) times.push(now - before);
    before = now;
    if (by > 0 ? scrollY + innerHeight >= document.body.scrollHeight - 1 : scrollY <= 0) by = -by;
    if (by !== 0) scrollBy(0, by);
    if (performance.now() < end) requestAnimationFrame(frame);
    else resolve(times);
  });
})`;

async function costs(session: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await session.send("Performance.getMetrics");
  return new Map(metrics.map(({ name, value }) => [name, value]));
}

function valuesOf({ frames, script, style, layout, all }: Seen): number[] {
  const at = (part: number): number => frames.percentile("frame", part);
  return [at(0.5), at(0.95), at(0.99), at(1), script, style, layout, all];
}

function describe(rows: Row[], p95: number[], seconds: number): Finding {
  return {
    title: "Dashboard: frames while 1,000 services change",
    load: [
      `A stand-in hub changes CPU and memory of each of ${SERVICES} services once a second; the built dashboard shows them in Chromium (1440 × 900, software rendering), and the time between its frames is taken for ${seconds} s. Costs are the page's main thread's, milliseconds a second.`,
    ],
    columns: [
      { title: "frame p50 (ms)", digits: 1 },
      { title: "p95 (ms)", digits: 1 },
      { title: "p99 (ms)", digits: 1 },
      { title: "longest (ms)", digits: 1 },
      { title: "script (ms/s)", digits: 0 },
      { title: "style (ms/s)", digits: 0 },
      { title: "layout (ms/s)", digits: 0 },
      { title: "all tasks (ms/s)", digits: 0 },
    ],
    rows,
    budgets: [
      {
        what: "1,000 services changing once a second: p95 frame, the worst row not scrolled",
        unit: "ms",
        limit: LIMIT_MS,
        value: p95.length === 0 ? Number.NaN : Math.max(...p95),
        digits: 1,
      },
    ],
    notes: [
      "The rows in which nothing changes show what the machine itself can do while the bench runs. Scrolled rows go up and down by 30 pixels a frame, and have no budget.",
    ],
  };
}
