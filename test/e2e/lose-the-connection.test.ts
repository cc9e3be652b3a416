// The hub goes away while somebody looks: old values must not pass for new ones, and all comes back by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDashboard, until } from "../support/browser.ts";

test("a lost connection is told, values are marked as old, acts are off, and it heals by itself", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  dashboard.expectConsole("ERR_CONNECTION_REFUSED");
  dashboard.expectConsole("WebSocket");
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  await page.goto(dashboard.url);
  await page.getByRole("row", { name: /running.*api/ }).waitFor();
  const live = await colourOf();
  await dashboard.stopHub();
  const banner = page.getByRole("alert").filter({ hasText: "Connection to the hub lost" });
  await banner.waitFor();
  assert.notEqual(await colourOf(), live, "a state from old values keeps no colour");
  const stop = page.getByRole("button", { name: "Stop api" });
  assert.equal(await stop.getAttribute("aria-disabled"), "true");
  assert.match((await stop.getAttribute("title")) ?? "", /not connected/);
  await dashboard.inspect("without the hub");
  await dashboard.startHubAgain();
  await banner.getByRole("button", { name: "Try now" }).click();
  await banner.waitFor({ state: "detached" });
  await page.getByRole("row", { name: /running.*api/ }).waitFor();
  // The hub that came back knows nothing fresh until its agent has told it.
  await until(async () => (await colourOf()) === live, "the state has its colour again");

  async function colourOf(): Promise<string> {
    const mark = page.locator("tr [data-state=running]");
    return await mark.evaluate(
      (node) =>
        (globalThis as unknown as { getComputedStyle(of: unknown): { color: string } }).getComputedStyle(node).color,
    );
  }
});
