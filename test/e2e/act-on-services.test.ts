// Somebody starts, stops, kills and deletes, one service or many.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();
const sleeper = { start_cmd: "exec sleep 1000", working_dir: "/" };

test("start and stop act at once, tell how it went, and can be undone", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add({ ...sleeper, name: "api", autostart: true });
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*api/ }).waitFor();
  await page.getByRole("button", { name: "Stop api" }).click();
  await page.getByText("Stopped api").waitFor();
  await page.getByRole("row", { name: /stopped.*api/ }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Started api").waitFor();
  await page.getByRole("row", { name: /running.*api/ }).waitFor();
});

test("an act is told of also when it is done before everything of the page is there", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add({ ...sleeper, name: "api", autostart: true });
  const late = Promise.withResolvers<void>();
  await page.route(/\/assets\/Toasts-[^/]*\.js$/, async (route) => {
    await late.promise;
    await route.continue();
  });
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*api/ }).waitFor();
  await page.getByRole("button", { name: "Stop api" }).click();
  await page.getByRole("row", { name: /stopped.*api/ }).waitFor();
  late.resolve();
  await page.getByText("Stopped api").waitFor();
});

test("what fails says why, and stays until it is closed", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  dashboard.expectConsole("409");
  await dashboard.add({
    name: "broken",
    start_cmd: "echo no such modem; exit 7",
    working_dir: "/",
    restart: { max: 0 },
  });
  await page.goto(dashboard.url);
  await page.getByRole("button", { name: "Start broken" }).click();
  const toast = page.getByRole("dialog").filter({ hasText: "Cannot start broken" });
  await toast.waitFor();
  await toast.getByRole("button", { name: "Copy this message" }).waitFor();
  await dashboard.inspect("a failed act");
  await toast.hover();
  await toast.getByRole("button", { name: "Close" }).click();
  await toast.waitFor({ state: "detached" });
});

test("many are acted on as one operation, after a sheet that names them", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add(
    { ...sleeper, name: "one", autostart: true },
    { ...sleeper, name: "two", autostart: true },
    { ...sleeper, name: "three" },
  );
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*one/ }).waitFor();
  await page.getByRole("row", { name: /running.*two/ }).waitFor();
  await page.getByRole("checkbox", { name: "Select all services shown" }).check();
  const bar = page.getByRole("region", { name: "Selected services" });
  await bar.getByText("3 services selected").waitFor();
  await dashboard.inspect("several selected");
  await bar.getByRole("button", { name: "Stop…" }).click();
  const sheet = page.getByRole("dialog", { name: "Stop 2 services?" });
  await sheet.getByText("stays stopped").waitFor();
  await dashboard.inspect("the sheet before a bulk act");
  await sheet.getByRole("button", { name: "Stop 2 services" }).click();
  await page.getByText("Stopped 2 services").waitFor();
  await page.getByRole("row", { name: /stopped.*one/ }).waitFor();
  await page.getByRole("row", { name: /stopped.*two/ }).waitFor();
  assert.equal(await bar.count(), 0);
});

test("killing asks first, deleting wants the name", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ ...sleeper, name: "victim", autostart: true, restart: { policy: "never" } });
  await page.goto(`${url}/services/victim`);
  await page.getByText("running").first().waitFor();
  await page.getByRole("button", { name: "Kill…" }).click();
  await page.getByRole("dialog", { name: "Kill victim?" }).getByRole("button", { name: "Kill victim" }).click();
  await page.getByText("Killed victim").waitFor();

  await page.getByRole("tab", { name: "Definition" }).click();
  await page.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete victim?" });
  const button = dialog.getByRole("button", { name: "Delete victim" });
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  await dashboard.inspect("the question before deleting");
  await dialog.getByLabel("Type victim to go on").fill("victim");
  await button.click();
  await page.getByText("Deleted victim").waitFor();
  await page.getByText("No services yet").waitFor();
});
