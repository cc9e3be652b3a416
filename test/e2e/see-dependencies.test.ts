// Somebody looks what depends on what, and is told who misses a service before it is stopped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard, until } from "../support/browser.ts";

const openDashboard = sharedDashboard();
type Opened = Exclude<Awaited<ReturnType<typeof openDashboard>>, undefined>;
const sleeper = { start_cmd: "exec sleep 1000", working_dir: "/", autostart: true };

/** api needs db, web both; job needs cache, which does not run; lone is on its own. */
async function addSix(dashboard: Opened): Promise<void> {
  await dashboard.add({ ...sleeper, name: "db" });
  await dashboard.add({ ...sleeper, name: "cache", autostart: false });
  await dashboard.add({ ...sleeper, name: "api", depends_on: { db: { condition: "healthy", restart: true } } });
  await dashboard.add({ ...sleeper, name: "web", depends_on: { api: {}, db: { condition: "started" } } });
  await dashboard.add({ ...sleeper, name: "job", autostart: false, depends_on: { cache: {} } });
  await dashboard.add({ ...sleeper, name: "lone" });
}

test("the graph draws who needs whom, shows the reach of one, and follows states and definitions", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.goto(`${url}/graph`);
  await page.getByText("No service depends on another yet").waitFor();
  await dashboard.inspect("a graph without lines");
  await addSix(dashboard);

  const drawing = page.getByRole("region", { name: "Drawing of the dependencies" });
  const box = (name: string) => drawing.getByRole("listitem").filter({ hasText: new RegExp(`^${name}`) });
  await box("web").waitFor();
  await page.getByText("6 services · 4 dependencies · 1 not met").waitFor();
  await box("db").getByText("running").waitFor();
  await dashboard.inspect("the graph");
  const left = async (name: string): Promise<number> => (await box(name).boundingBox())?.x ?? Number.NaN;
  assert.ok((await left("db")) < (await left("api")) && (await left("api")) < (await left("web")));

  await box("api").getByRole("link").focus();
  await page.getByText("api needs db; web depends on it.", { exact: true }).waitFor();
  const parts = async (...names: string[]): Promise<(string | null)[]> =>
    Promise.all(names.map((name) => box(name).getAttribute("data-part")));
  assert.deepEqual(await parts("api", "db", "web", "cache"), ["self", "needs", "neededBy", "none"]);
  await box("db").hover();
  await until(async () => (await parts("api"))[0] === "neededBy", "the pointer shows what db reaches");

  await dashboard.api("POST /api/services/cache/start");
  await page.getByText("6 services · 4 dependencies", { exact: true }).waitFor();
  await box("cache").getByText("running").waitFor();
  await dashboard.api("PATCH /api/services/lone", { depends_on: { web: {} } });
  await box("lone").waitFor();

  await box("lone").getByRole("link").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "lone" }).waitFor();
  await page.getByRole("list", { name: "Depends on" }).getByText("to run").waitFor();
  await page.getByRole("region", { name: "Dependencies" }).getByRole("link", { name: "Graph" }).click();
  // It is shown as the one that was come from.
  await until(async () => (await parts("lone"))[0] === "self", "the graph shows what lone reaches");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.getByRole("heading", { level: 1, name: "Graph" }).waitFor();
});

test("the list says the same, the phone has it at first, and the order of some is told before a step is taken", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await addSix(dashboard);
  await page.goto(`${url}/graph`);
  await page.getByRole("button", { name: "List" }).click();
  const list = page.getByRole("region", { name: "Dependencies" });
  await list.getByRole("row", { name: /api.*db to be healthy, restarted with it ✓ met.*web.*step 2/ }).waitFor();
  await list.getByRole("row", { name: /job.*cache to run ✗ not met/ }).waitFor();
  await page.getByText("1 service on its own").click();
  await page.getByRole("list", { name: "On their own" }).getByText("lone").waitFor();
  await dashboard.inspect("the list of dependencies");

  const start = page.getByRole("list", { name: "To start" });
  assert.deepEqual(await start.getByRole("listitem").allTextContents(), ["cache and db", "api and job", "web"]);
  const pick = page.getByLabel("Pick a service for the order");
  await pick.selectOption("web");
  await pick.selectOption("db");
  await page.getByText("They also need api").waitFor();
  assert.deepEqual(await start.getByRole("listitem").allTextContents(), ["db", "web"]);
  await page.getByText("Not picked, and left without what it needs: api.").waitFor();
  await page.getByRole("button", { name: "Pick it too" }).click();
  const stop = page.getByRole("list", { name: "To stop" });
  assert.deepEqual(await stop.getByRole("listitem").allTextContents(), ["web", "api", "db"]);

  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(`${url}/graph`);
  await list.getByText("api").first().waitFor();
  await page.getByRole("button", { name: "Graph" }).click();
  const drawing = page.getByRole("region", { name: "Drawing of the dependencies" });
  await drawing.getByText("api").first().waitFor();
  await dashboard.inspect("the drawing on a phone");
});

test("whoever stops or restarts what others depend on is told who they are, and may leave it", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await addSix(dashboard);
  await page.goto(url);
  await page.getByRole("row", { name: /running.*web/ }).waitFor();
  // Nobody depends on it: at once, as ever.
  await page.getByRole("button", { name: "Stop lone" }).click();
  await page.getByText("Stopped lone").waitFor();
  // Its only dependent is at rest.
  await page.getByRole("button", { name: "Start cache" }).click();
  await page.getByText("Started cache").waitFor();
  await page.getByRole("button", { name: "Stop cache" }).click();
  await page.getByText("Stopped cache").waitFor();

  const stop = page.getByRole("button", { name: "Stop db" });
  await stop.click();
  const sheet = page.getByRole("dialog", { name: "Stop db?" });
  const fates = sheet.getByRole("list", { name: "What depends on it" }).getByRole("listitem");
  await sheet.getByText("2 services depend on it.").waitFor();
  assert.deepEqual(await fates.allTextContents(), [
    "api keeps running without dbrunning",
    "web keeps running without dbrunning",
  ]);
  await dashboard.inspect("the sheet before a stop");
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await page.getByRole("row", { name: /running.*db/ }).waitFor();

  await page.goto(`${url}/services/db`);
  await page.getByRole("button", { name: "Restart", exact: true }).click();
  const restart = page.getByRole("dialog", { name: "Restart db?" });
  await restart.getByText("api is restarted too").waitFor();
  await restart.getByText("web keeps running; api and db are away for a moment").waitFor();
  await restart.getByRole("button", { name: "Restart db" }).click();
  await page.getByText("Restarted db").waitFor();

  await page.goto(url);
  for (const name of ["db", "lone"]) await page.getByLabel(`Select ${name}`).check();
  await page.getByRole("button", { name: "Stop…" }).click();
  const bulk = page.getByRole("dialog", { name: "Stop 1 service?" });
  await bulk.getByText("Not selected, but depending on them").waitFor();
  await bulk.getByText("api keeps running without db").waitFor();
  await bulk.getByRole("button", { name: "Stop 1 service" }).click();
  // That was agreed to: nothing is asked again.
  await page.getByText("Stopped db").waitFor();
});
