// Somebody never touches the mouse.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();
type Opened = Exclude<Awaited<ReturnType<typeof openDashboard>>, undefined>;
const sleeper = { start_cmd: "exec sleep 1000", working_dir: "/", autostart: true };

/** The overview with alpha and beta, both running. */
async function openTwo(dashboard: Opened): Promise<void> {
  const { page, url } = dashboard;
  await dashboard.add({ ...sleeper, name: "alpha" }, { ...sleeper, name: "beta" });
  await page.goto(url);
  await page.getByRole("row", { name: /running.*beta/ }).waitFor();
}

test("single keys move, select, act and go; none of them while typing, and none when turned off", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await openTwo(dashboard);
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
  await openTwo(dashboard);
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

test("Esc brings the focus back to where it was, and keys mean the row that has it", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await openTwo(dashboard);
  const output = page.getByRole("link", { name: "Output of beta" });
  await output.focus();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Search or run a command" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("a:focus[aria-label='Output of beta']").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("a:focus[aria-label='Output of beta']").waitFor();

  // The cursor of j and k was never here: what has the focus is meant.
  await page.keyboard.press("x");
  await page.getByRole("checkbox", { name: "Select beta", checked: true }).waitFor();
  await page.keyboard.press("k");
  await page.locator('[data-service="alpha"] a:focus').waitFor();
  await page.keyboard.press("x");
  await page.getByText("2 services selected").waitFor();
  await page.keyboard.press("s");
  const sheet = page.getByRole("dialog", { name: "Stop 2 services?" });
  await sheet.waitFor();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await page.locator('[data-service="alpha"] a:focus').waitFor();
  await page.getByText("2 services selected").waitFor();
});

test("a service is stopped, its views are read and a dialog is left without a mouse", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await openTwo(dashboard);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "alpha" }).waitFor();
  await page.getByRole("tab", { name: "Summary" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("region", { name: "Output of alpha" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("table", { name: /Processes of alpha/ }).waitFor();
  await page.getByRole("button", { name: "Kill…" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Kill alpha?" });
  await dialog.waitFor();
  await dashboard.inspect("the question before killing");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.locator("button:focus", { hasText: "Kill…" }).waitFor();
});
