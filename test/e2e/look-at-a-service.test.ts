// Somebody opens one service: charts, ports, processes, why it ended.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { openDashboard as openOwnDashboard, sharedDashboard } from "../support/browser.ts";
import { startForeign } from "../support/foreign.ts";
import { isAlive } from "../support/processes.ts";

const openDashboard = sharedDashboard();

test("the summary shows charts as pictures and as a table, ports as they are, and the last words", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await using stranger = createServer();
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const address = stranger.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  await dashboard.api("POST /api/settings", { update_interval_seconds: 1 });
  await dashboard.add({
    name: "api",
    description: "Answers questions",
    start_cmd: "echo ready; exec sleep 1000",
    working_dir: "/",
    ports: [port],
    api_url: "http://127.0.0.1:1/docs",
    autostart: true,
  });
  await page.goto(`${url}/services/api`);
  await page.getByRole("heading", { level: 1, name: "api" }).waitFor();
  await page.getByRole("img", { name: "Chart: Memory over time" }).waitFor();
  await page.getByRole("region", { name: "Output of api" }).getByText("ready").waitFor();
  await page.getByText(/declared, held by .*pid \d+/).waitFor();
  assert.equal(
    await page.getByRole("link", { name: "http://127.0.0.1:1/docs" }).getAttribute("rel"),
    "noopener noreferrer",
  );
  await dashboard.inspect("summary of a service");
  await page.getByRole("button", { name: "As a table" }).click();
  await page.getByRole("table", { name: /CPU and memory of api/ }).waitFor();
  await dashboard.inspect("charts as a table");
});

test("charts of a service survive a restart of the hub", async (context) => {
  await using dashboard = await openOwnDashboard(context);
  if (dashboard === undefined) return;
  for (const text of ["ERR_CONNECTION_REFUSED", "WebSocket"]) dashboard.expectConsole(text);
  const { page, url } = dashboard;
  await dashboard.api("POST /api/settings", { update_interval_seconds: 1 });
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  await page.goto(`${url}/services/api`);
  await page.getByRole("img", { name: "Chart: Memory over time" }).waitFor();
  await page.getByRole("button", { name: "As a table" }).click();
  const times = page.getByRole("table", { name: /CPU and memory of api/ }).getByRole("rowheader");
  const oldest = (await times.last().textContent()) ?? "";
  await dashboard.stopHub();
  await dashboard.startHubAgain();
  await page.goto(`${url}/services/api`);
  await page.getByRole("button", { name: "As a table" }).click();
  await times.filter({ hasText: oldest }).waitFor();
});

test("several instances stand side by side; numbers of all together are sums, the charts are of one", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.api("POST /api/settings", { update_interval_seconds: 1 });
  await dashboard.add({ name: "pair", start_cmd: "exec sleep 1000", working_dir: "/", instances: 2, autostart: true });
  await page.goto(`${url}/services/pair`);
  await page.getByRole("list", { name: "Instances" }).getByText("#1").waitFor();
  const facts = page.getByRole("region", { name: "Processes, together" });
  await facts.getByText(/^\d+, \d+$/).waitFor();
  const threads = facts.getByText("Threads").locator("xpath=following-sibling::*");
  await threads.getByText("2", { exact: true }).waitFor();
  await page.getByRole("img", { name: "Chart: Memory over time" }).waitFor();
  await page.getByRole("combobox", { name: "Instance" }).selectOption("Instance 1");
  await page.getByRole("img", { name: "Chart: Memory over time" }).waitFor();
  await dashboard.inspect("several instances");
});

test("what something else started says that its output is not seen", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("409");
  await using foreign = await startForeign("outsider");
  await dashboard.add({ name: "outsider", match_keywords: [foreign.mark] });
  await page.goto(`${url}/services/outsider`);
  await page.getByText("external").first().waitFor();
  await page.getByText("Its output is not seen here").waitFor();
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  await page.getByText(/it has neither start_cmd nor argv/).waitFor();
  assert.ok(isAlive(foreign.pid), "it was left alone");
  await dashboard.inspect("an external service");
});

test("processes are a tree", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({
    name: "parent",
    start_cmd: "sleep 1001 & sleep 1002 & wait",
    working_dir: "/",
    autostart: true,
  });
  await page.goto(`${url}/services/parent?tab=processes`);
  const tree = page.getByRole("table", { name: /Processes of parent/ });
  await tree.getByRole("row", { name: /child of \d+: sleep sleep 1002/ }).waitFor();
  assert.equal(await tree.getByRole("row").count(), 4);
  await dashboard.inspect("processes");
});

test("the history says why each process ended and what it said last", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({
    name: "crasher",
    start_cmd: "echo the disk is on fire; exit 3",
    working_dir: "/",
    restart: { policy: "never" },
  });
  await dashboard.api("POST /api/services/crasher/start", undefined, 409);
  await page.goto(`${url}/services/crasher?tab=history`);
  const ends = page.getByRole("region", { name: "Why it ended" });
  await ends.getByText(/exit 3/).waitFor();
  await ends.getByText("Its last lines").click();
  await ends.getByText("the disk is on fire").waitFor();
  await page
    .getByRole("region", { name: "Events" })
    .getByText(/ended: exit 3/)
    .waitFor();
  await dashboard.inspect("history");
});

test("an unknown name and an unknown address say so", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.goto(`${url}/services/nobody`);
  await page.getByText("There is no service called nobody").waitFor();
  await dashboard.inspect("an unknown service");
  await page.goto(`${url}/nowhere`);
  await page.getByText("There is no page at this address").waitFor();
  await dashboard.inspect("an unknown address");
});
