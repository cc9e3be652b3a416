// Somebody compares one metric across all servers.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();

test("one metric of all servers, the highest first, by tag, and as CSV", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  for (const [name, value] of [
    ["alpha", 3],
    ["omega", 900],
  ] as const) {
    const server = await dashboard.bareServer(name, { tags: [`is-${name}`] });
    await server.beat({ own_count: value });
  }
  await page.goto(`${url}/compare`);
  await page.getByLabel("Metric").selectOption("own_count");
  const rows = page.getByRole("region", { name: "own_count, highest first" }).getByRole("row");
  await rows.filter({ hasText: "omega" }).getByText("900", { exact: true }).first().waitFor();
  assert.match((await rows.nth(1).textContent()) ?? "", /^omega/);
  await page.getByRole("img", { name: "Chart: own_count of 2 servers over time" }).waitFor();
  await dashboard.inspect("metrics");

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  const csv = await readFile(await download.path(), "utf8");
  assert.match(csv, /^time,server,"own_count"\r\n.*,"omega",900\r\n/);

  await page.getByLabel("Servers", { exact: true }).selectOption("is-alpha");
  await rows.filter({ hasText: "omega" }).waitFor({ state: "detached" });
  const address = page.url();
  assert.match(address, /metric=own_count&tag=is-alpha/);
  await page.goto(url);
  await page.goto(address);
  await rows.filter({ hasText: "alpha" }).getByRole("link", { name: "alpha" }).click();
  await page.getByRole("heading", { level: 1, name: "alpha" }).waitFor();
});

test("what all servers come to together is one line", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  for (const [name, value] of [
    ["alpha", 40],
    ["omega", 44],
  ] as const) {
    const server = await dashboard.bareServer(name, { tags: ["mine"] });
    await server.beat({ own_count: value });
  }
  await page.goto(`${url}/compare?metric=own_count&tag=mine`);
  await page.getByLabel("Lines").selectOption("sum");
  await page.getByRole("row", { name: /all together.*84/ }).waitFor();
  await page.getByLabel("Lines").selectOption("avg");
  await page.getByRole("row", { name: /all together.*42/ }).waitFor();
});
