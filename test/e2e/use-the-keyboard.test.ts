// Somebody never touches the mouse.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();
const sleeper = { start_cmd: "exec sleep 1000", working_dir: "/", autostart: true };

test("single keys move, select, act and go; none of them while typing, and none when turned off", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add({ ...sleeper, name: "alpha" }, { ...sleeper, name: "beta" });
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*beta/ }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await focused("beta");
  await page.keyboard.press("x");
  await page.getByText("1 service selected").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("1 service selected").waitFor({ state: "detached" });
  await page.keyboard.press("k");
  await focused("alpha");
  await page.keyboard.press("s");
  await page.getByText("Stopped alpha").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("rx");
  assert.equal(await page.getByRole("searchbox", { name: "Filter services" }).inputValue(), "rx");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();

  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard" });
  await sheet.waitFor();
  await dashboard.inspect("the sheet of keys");
  await sheet.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await page.keyboard.press("j");
  await page.keyboard.press("?");
  assert.equal(await sheet.count(), 0);

  async function focused(name: string): Promise<void> {
    await page.locator(`[data-service="${name}"] a:focus`).waitFor();
  }
});

test("the palette finds services and does acts", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add({ ...sleeper, name: "alpha" }, { ...sleeper, name: "beta" });
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*beta/ }).waitFor();
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Search or run a command" });
  await palette.getByRole("option", { name: /alpha/ }).waitFor();
  await dashboard.inspect("the palette");
  await page.keyboard.type("stop bet");
  await palette.getByRole("option", { name: "Stop beta" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Stopped beta").waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("alp");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "alpha" }).waitFor();
});
