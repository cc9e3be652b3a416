// A real dashboard for a test: hub, agent and built web in a directory of its own, seen by a real Chromium. Tests of a file may share
// these; each has a page in a context of its own. Whatever a test does, at its end no request may have left the hub's address, no
// script may have failed, and no service is left; at the end of the file no process and no file.
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { startAgent } from "../../src/agent/agent.ts";
import type { ServiceInput } from "../../src/contract/service.ts";
import { settingsSchema } from "../../src/contract/settings.ts";
import { startHub, type Hub } from "../../src/hub/hub.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import type { FleetHub } from "./fleet.ts";
import { localAgent } from "./local-agent.ts";
import { needs } from "./needs.ts";

const WEB_ROOT = join(import.meta.dirname, "../../dist/web");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** The browser keeps to itself: no updates, no sync, no field trials. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A step of a test that takes longer has failed. */
const PATIENCE = 20_000;

/** Widths that every screen must stand: phone, tablet, desk. */
const WIDTHS = [360, 768, 1024, 1440];
/** Where axe looks, and by which rules: names and targets differ by layout, colours by theme too. */
const ALL = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } as const;
const COLOURS = { type: "rule", values: ["color-contrast", "link-in-text-block"] } as const;
const LOOKS = [
  { width: 1440, theme: "light", rules: ALL },
  { width: 1440, theme: "dark", rules: COLOURS },
  { width: 360, theme: "dark", rules: ALL },
  { width: 360, theme: "light", rules: COLOURS },
] as const;

/** By how many pixels the page is wider than its window; as text, because there is no DOM here to check it against. */
const WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/** What a test works with. */
export interface Dashboard extends AsyncDisposable {
  page: Page;
  url: string;
  /** A fresh one-time link. */
  signInLink(): string;
  /** Calls the API as the tests' admin; asserts that it went well unless a status is expected. */
  api(key: string, body?: unknown, expected?: number): Promise<unknown>;
  add(...services: ServiceInput[]): Promise<void>;
  /** Takes the hub away; services and their agent go on. */
  stopHub(): Promise<void>;
  /** Brings it back at the same address. */
  startHubAgain(): Promise<void>;
  /** axe finds nothing in both themes, and nothing is wider than the window at any width. */
  inspect(what: string): Promise<void>;
  /** Console errors that hold this text are meant to happen. */
  expectConsole(text: string): void;
  /** The hub as agents of a fleet join it. */
  fleet: FleetHub;
  /** A server that only sends heartbeats: its id, and the way to send one. */
  bareServer(name: string, more?: { tags?: string[]; heartbeat_interval?: number }): Promise<BareServer>;
}

export interface BareServer {
  id: string;
  beat(metrics: Record<string, number>): Promise<void>;
}

export interface DashboardOptions {
  /** Everybody is admin unless false. */
  noAuth?: boolean;
}

const ADMIN_TOKEN = "tests-admin-token-of-the-browser";

/** Opens one, or returns undefined where this machine has no Chromium (the test is then marked as skipped). */
type OpenDashboard = (context: TestContext) => Promise<Dashboard | undefined>;

/** Opens one with hub, agent and browser of its own, for a test that stops the hub or needs another door. */
export async function openDashboard(
  context: TestContext,
  options: DashboardOptions = {},
): Promise<Dashboard | undefined> {
  if (!hasBrowser(context)) return undefined;
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await startHost(options));
  const dashboard = stack.use(await openPage(host));
  const opened = stack.move();
  return { ...dashboard, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** One hub, agent and browser for all tests of a file, closed after the last of them. */
export function sharedDashboard(options: DashboardOptions = {}): OpenDashboard {
  let host: Promise<Host> | undefined;
  after(async () => (await host)?.[Symbol.asyncDispose]());
  return async (context) => {
    if (!hasBrowser(context)) return undefined;
    host ??= startHost(options);
    return openPage(await host);
  };
}

const executable = (): string | undefined => CHROMIUM.find((path) => existsSync(path));

function hasBrowser(context: TestContext): boolean {
  if (!needs(context, executable() !== undefined, "Chromium")) return false;
  assert.ok(existsSync(join(WEB_ROOT, "index.html")), "the dashboard is not built: run `npm run build` first");
  return true;
}

/** What pages are opened on. */
interface Host extends AsyncDisposable {
  hubs: Hubs;
  api: Dashboard["api"];
  browser: Browser;
}

async function startHost({ noAuth = true }: DashboardOptions): Promise<Host> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "tailherd-e2e-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const agent = await startAgent({ dataDir, serverName: "attic", logger: silentLogger });
  stack.defer(() => agent.close());
  const hubs = new Hubs((port) =>
    startHub({
      dataDir,
      local: localAgent(agent),
      listen: [{ host: "127.0.0.1", port }],
      noAuth,
      adminToken: ADMIN_TOKEN,
      webRoot: WEB_ROOT,
      logger: silentLogger,
      checkAnswers: true,
    }),
  );
  stack.defer(() => hubs.stop());
  await hubs.start();
  const executablePath = executable();
  const browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: QUIET });
  stack.defer(() => browser.close());
  const opened = stack.move();
  return { hubs, browser, api: apiOf(hubs.url), [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A page with nothing remembered, on a hub with no services. */
async function openPage({ hubs, api, browser }: Host): Promise<Dashboard> {
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    await hubs.start();
    for (const { id, kind } of (await api("GET /api/servers")) as { id: string; kind: string }[]) {
      if (kind !== "hub") await api(`DELETE /api/servers/${id}`);
    }
    // What others depend on goes after them.
    const { start_order: order } = (await api("GET /api/graph")) as { start_order: string[][] };
    for (const name of order.flat().toReversed()) await api(`DELETE /api/services/${encodeURIComponent(name)}`);
    await api("POST /api/settings", settingsSchema.parse({}));
  });
  const own = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "dark",
    reducedMotion: "reduce",
  });
  stack.defer(() => own.close());
  const page = await own.newPage();
  page.setDefaultTimeout(PATIENCE);
  const faults = watch(page, hubs.url);
  stack.defer(() => assert.deepEqual(faults.found, [], "faults of the page"));

  const opened = stack.move();
  return {
    page,
    url: hubs.url,
    api,
    signInLink: () => hubs.running.signInLink(),
    async add(...services) {
      for (const service of services) await api("POST /api/services", service);
    },
    stopHub: () => hubs.stop(),
    startHubAgain: () => hubs.start(),
    inspect: (what) => inspect(page, what),
    fleet: { url: hubs.url, request: requestOf(hubs.url) },
    bareServer: (name, more) => bareServer(hubs.url, api, name, more),
    expectConsole: (text) => void faults.expected.push(text),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** One hub after the other at one address. */
class Hubs {
  private readonly open: (port: number) => Promise<Hub>;
  private hub: Hub | undefined;
  url = "";

  constructor(open: (port: number) => Promise<Hub>) {
    this.open = open;
  }

  get running(): Hub {
    assert.ok(this.hub, "no hub runs");
    return this.hub;
  }

  async start(): Promise<void> {
    this.hub ??= await this.open(this.url === "" ? 0 : Number(new URL(this.url).port));
    this.url = this.hub.addresses[0] ?? "";
  }

  async stop(): Promise<void> {
    const { hub } = this;
    this.hub = undefined;
    await hub?.close();
  }
}

function apiOf(url: string): Dashboard["api"] {
  return async (key, body, expected) => {
    const [method = "GET", path = "/"] = key.split(" ");
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (expected === undefined) assert.ok(response.ok, `${key}: ${response.status} ${text}`);
    else assert.equal(response.status, expected, `${key}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

/** Like a test hub's own, as an admin. */
function requestOf(url: string): FleetHub["request"] {
  return async (key, { body } = {}) => {
    const [method = "GET", path = "/"] = key.split(" ");
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: {}, text, json: JSON.parse(text) };
  };
}

async function bareServer(
  url: string,
  api: Dashboard["api"],
  name: string,
  more: { tags?: string[]; heartbeat_interval?: number } = {},
): Promise<BareServer> {
  const body = { name, host: `${name}.lan`, ip: "100.64.0.7", ...more };
  const made = (await api("POST /api/servers/register", body)) as { server_id: string; credential: string };
  return {
    id: made.server_id,
    async beat(metrics) {
      const response = await fetch(`${url}/api/servers/${made.server_id}/heartbeat`, {
        method: "POST",
        headers: { authorization: `Bearer ${made.credential}`, "content-type": "application/json" },
        body: JSON.stringify({ metrics }),
      });
      assert.ok(response.ok, await response.text());
    },
  };
}

function watch(page: Page, url: string): { found: string[]; expected: string[] } {
  const found: string[] = [];
  const expected: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const text = `${message.text()} ${message.location().url}`;
    if (!expected.some((part) => text.includes(part))) found.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => found.push(`script: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const allowed = [url, url.replace("http", "ws"), "data:", "blob:"];
    if (!allowed.some((start) => request.url().startsWith(start))) found.push(`request: ${request.url()}`);
  });
  return { found, expected };
}

async function inspect(page: Page, what: string): Promise<void> {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wider: number = await page.evaluate(WIDER);
    assert.ok(wider <= 0, `${what}: ${wider} px wider than a window of ${width} px`);
  }
  for (const { width, theme, rules } of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: theme });
    await page.locator(`html[data-theme=${theme}]`).waitFor({ state: "attached" });
    const runOnly = { ...rules, values: [...rules.values] };
    // What is well is not worth its way out of the browser, and there are no frames of others to be looked at from a page of its own.
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode()
      .options({ runOnly, resultTypes: ["violations"] })
      .analyze();
    const words = violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ")}`,
    );
    assert.deepEqual(words, [], `${what}, ${theme}, ${width} px`);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  if (before !== null) await page.setViewportSize(before);
}

/**
 * Resolves once the probe says yes, for what Playwright has no locator for; its own waitForFunction evaluates strings, which
 * the page's content security policy forbids from the second look on. Rejects after 20 s with what was awaited.
 */
export async function until(probe: () => Promise<boolean>, awaited: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await probe())) {
    if (Date.now() > end) throw new Error(`Waited 20 s in vain until ${awaited}`);
    await delay(50);
  }
}
