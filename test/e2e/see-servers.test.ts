// Somebody looks at all machines: which are heard, which are not, and what that means for what runs there.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { startAgent } from "../../src/agent/agent.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { sharedDashboard } from "../support/browser.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";

const openDashboard = sharedDashboard();
const sleeper = { start_cmd: "exec sleep 1000", autostart: true, working_dir: "/" };

test("the list of servers can be read as a table and as cards, and narrowed by tag", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const nas = await dashboard.bareServer("nas", { tags: ["storage"] });
  await nas.beat({ cpu_percent: 11, memory_percent: 72, disk_percent: 91 });
  await dashboard.bareServer("new-one", { tags: ["prod"] });
  await page.goto(url);
  await page.getByRole("region", { name: "Servers", exact: true }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
  const table = page.getByRole("table");
  await table.getByRole("row", { name: /online.*nas.*91 %.*bare/ }).waitFor();
  await table.getByRole("row", { name: /not heard yet.*new-one.*never/ }).waitFor();
  await table.getByRole("row", { name: /online.*attic.*the hub's own/ }).waitFor();
  await dashboard.inspect("servers as a table");

  await page.getByRole("button", { name: "storage" }).click();
  await table.getByText("new-one").waitFor({ state: "detached" });
  assert.match(page.url(), /\?tag=storage$/);
  await page.reload();
  await table.getByText("nas", { exact: true }).waitFor();
  await page.getByLabel("Filter servers").fill("nobody");
  await page.getByText("0 of 3 servers match").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.getByRole("button", { name: "Cards" }).click();
  await page.getByRole("list", { name: "Servers" }).getByRole("listitem").nth(2).waitFor();
  await dashboard.inspect("servers as cards");
});

test("a server that goes is told as the root cause: dim and dated, never green, and it hides what follows", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await dashboard.api("POST /api/settings", { update_interval_seconds: 1 });
  const far = await joinFleet(fleet, "far");
  try {
    await untilServer(fleet, far.id, (server) => server.online);
    await dashboard.add(
      { ...sleeper, name: "there", placement: { servers: ["far"] } },
      { ...sleeper, name: "both", placement: { servers: ["attic", "far"] } },
      { name: "broken", start_cmd: "exit 3", restart: { max: 0 }, working_dir: "/", placement: { servers: ["far"] } },
    );
    await dashboard.api("POST /api/services/broken/start", undefined, 409);
    await page.goto(url);
    const strip = page.getByRole("region", { name: "Servers", exact: true });
    const needs = page.getByRole("region", { name: "Needs you" });
    const rows = page.getByRole("table", { name: /^Services/ });
    await strip.getByRole("listitem").filter({ hasText: "far" }).waitFor();
    await needs.getByText("broken").waitFor();
    await rows.getByRole("row", { name: /running.*there.*far/ }).waitFor();
    await dashboard.inspect("overview of a fleet");

    await far.agent.close();
    await strip.getByText(/^offline · values from \d\d:\d\d$/).waitFor();
    await needs.getByText("offline").waitFor();
    await needs.getByText(/Its 3 services go on there/).waitFor();
    // What failed there is hidden by the cause, and what ran there only was running.
    await needs.getByText("broken").waitFor({ state: "detached" });
    await rows.getByRole("row", { name: /was running.*there/ }).waitFor();
    await rows.getByRole("row", { name: /running 1\/2.*both/ }).waitFor();
    await dashboard.inspect("overview with an offline server");

    await page.getByRole("combobox", { name: "Group services" }).selectOption("server");
    await page.getByRole("rowheader", { name: "attic + far 1" }).waitFor();
    await page.getByRole("rowheader", { name: "far 2" }).waitFor();
    await needs.getByRole("button", { name: "Open: far" }).click();
    await page.getByRole("heading", { level: 1, name: "far" }).waitFor();
  } finally {
    // The page would go on asking for a server that there is no more.
    await page.goto("about:blank");
    await dashboard.api(`DELETE /api/servers/${far.id}`);
    await endAll(far.dataDir);
  }
});

/** Ends what an agent that was closed left running, as it would itself. */
async function endAll(dataDir: string): Promise<void> {
  const agent = await startAgent({ dataDir, logger: silentLogger });
  await agent.call("apply", { services: [], update_interval_ms: 1000 });
  await agent.close();
  await rm(dataDir, { recursive: true, force: true });
}

test("many servers are shown as chips, those in trouble first", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  for (let number = 1; number <= 13; number++) {
    const server = await dashboard.bareServer(`pi-${number}`, { heartbeat_interval: number === 9 ? 1 : 600 });
    await server.beat({ cpu_percent: number });
    if (number === 9) await untilServer(fleet, server.id, ({ state }) => state === "offline");
  }
  await page.goto(url);
  const chips = page.getByRole("region", { name: "Servers", exact: true }).getByRole("listitem");
  await chips.nth(13).waitFor();
  assert.match((await chips.first().textContent()) ?? "", /offline.*pi-9/);
  await dashboard.inspect("overview of many servers");
});
