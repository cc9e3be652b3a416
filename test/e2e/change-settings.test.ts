// Somebody changes the settings: of the hub, and of this browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDashboard, until } from "../support/browser.ts";

test("a wrong value is told at its field, a right one is saved, and what others change shows at once", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("422");
  await page.goto(`${url}/settings`);
  const interval = page.getByLabel("Update interval");
  const save = page.getByRole("button", { name: "Save", exact: true });
  await interval.waitFor();
  assert.equal(await save.getAttribute("aria-disabled"), "true");
  await interval.fill("61");
  await save.click();
  await page.locator("[aria-invalid=true]").waitFor();
  assert.equal(await interval.getAttribute("aria-invalid"), "true");
  await dashboard.inspect("settings with a mistake");
  await interval.fill("2");
  await page.getByLabel("Refuse a service whose port another service declares").uncheck();
  await save.click();
  await page.getByText("Saved the settings").waitFor();
  const saved = (await dashboard.api("GET /api/settings")) as Record<string, unknown>;
  assert.deepEqual([saved["update_interval_seconds"], saved["check_port_conflicts"]], [2, false]);

  await dashboard.api("POST /api/settings", { api_base_url: "http://nas.example:8765" });
  const address = page.getByLabel("Address of the API");
  await until(async () => (await address.inputValue()) === "http://nas.example:8765", "the page shows the new address");
});

test("the theme stays with this browser", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.goto(`${url}/settings`);
  await page.getByLabel("Theme", { exact: true }).selectOption("light");
  await page.locator("html[data-theme=light]").waitFor({ state: "attached" });
  await page.reload();
  await page.locator("html[data-theme=light]").waitFor({ state: "attached" });
});
