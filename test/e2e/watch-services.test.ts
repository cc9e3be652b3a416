// Somebody opens the dashboard and sees what runs, what does not, and why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();
const sleeper = { start_cmd: "exec sleep 1000", autostart: true, working_dir: "/" };
const BUDGET_BYTES = 130_000;

test("the overview shows each service with its state, and what needs a person first", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add(
    { ...sleeper, name: "api", kind: "backend", description: "Answers questions", labels: { env: "prod" } },
    { ...sleeper, name: "site", kind: "frontend" },
    { name: "crasher", start_cmd: "echo the disk is on fire >&2; exit 3", restart: { max: 0 }, working_dir: "/" },
    { name: "idle", start_cmd: "sleep 1", working_dir: "/" },
  );
  await dashboard.api("POST /api/services/crasher/start", undefined, 409);
  await page.goto(url);

  const rows = page.getByRole("table", { name: /^Services/ });
  await rows.getByRole("row", { name: /running.*api/ }).waitFor();
  await rows.getByRole("row", { name: /running.*site/ }).waitFor();
  await rows.getByRole("row", { name: /stopped.*idle/ }).waitFor();
  const needs = page.getByRole("region", { name: "Needs you" });
  await needs.getByText("fatal").waitFor();
  await needs.getByText("the disk is on fire").waitFor();
  await needs.getByRole("button", { name: "Try again: crasher" }).waitFor();
  await dashboard.inspect("overview as a table");

  await page.getByRole("button", { name: "Cards" }).click();
  await page.getByRole("list", { name: "Services" }).getByRole("listitem", { name: "api" }).waitFor();
  await dashboard.inspect("overview as cards");
  await page.reload();
  await page.getByRole("list", { name: "Services" }).waitFor();
});

/** A picture in the row of `busy` that has at least five points. */
const SHAPE = `xpath=//*[@data-service="busy"]//*[name()="path"][string-length(@d) - string-length(translate(@d, "L", "")) >= 4]`;

test("the pictures of CPU show the recent shape at once", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.api("POST /api/settings", { update_interval_seconds: 1 });
  await dashboard.add({ ...sleeper, name: "busy" });
  await page.goto(dashboard.url);
  await page.locator(SHAPE).first().waitFor({ state: "attached" });
  // No sample comes for a minute: what a new page draws is what the hub kept.
  await dashboard.api("POST /api/settings", { update_interval_seconds: 60 });
  await page.reload();
  await page.locator(SHAPE).first().waitFor({ state: "attached" });
});

test("a change shows without loading anew", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await page.goto(dashboard.url);
  await page.getByText("No services yet").waitFor();
  await dashboard.inspect("empty overview");
  await dashboard.add({ ...sleeper, name: "late" });
  await page.getByRole("row", { name: /running.*late/ }).waitFor();
  await dashboard.api("POST /api/services/late/stop");
  await page.getByRole("row", { name: /stopped.*late/ }).waitFor();
  await dashboard.api("DELETE /api/services/late");
  await page.getByText("No services yet").waitFor();
});

test("filters narrow the list, stand in the address, and can be cleared", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page } = dashboard;
  await dashboard.add(
    { name: "api", kind: "backend", start_cmd: "sleep 1", ports: [45_801], labels: { env: "prod" } },
    { name: "web 2", kind: "frontend", start_cmd: "sleep 1" },
    { name: "web 10", kind: "frontend", start_cmd: "sleep 1" },
  );
  await page.goto(dashboard.url);
  const names = page.locator("[data-service] a[data-name]");
  await names.first().waitFor();
  assert.deepEqual(await names.allTextContents(), ["api", "web 2", "web 10"]);
  await page.getByRole("searchbox", { name: "Filter services" }).fill("45801");
  await page.getByText("1 of 3").waitFor();
  assert.match(page.url(), /\?q=45801$/);
  await page.getByRole("button", { name: "frontend", exact: true }).click();
  await page.getByText("0 of 3 services match").waitFor();
  await dashboard.inspect("nothing that matches");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await names.nth(2).waitFor();
  await page.goto(`${dashboard.url}/?f=kind%3Afrontend&sort=-name`);
  await names.first().waitFor();
  assert.deepEqual(await names.allTextContents(), ["web 10", "web 2"]);
  await page.getByRole("combobox", { name: "Group services" }).selectOption("kind");
  await page.getByRole("rowheader", { name: "frontend 2" }).waitFor();
});

test("the first screen's JavaScript keeps to its budget", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { url } = dashboard;
  const html = await (await fetch(url)).text();
  // What the page names itself is loaded before anything shows; the rest comes when it is wanted.
  const scripts = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map((match) => match[1] ?? "");
  assert.ok(scripts.length >= 2, html);
  let bytes = 0;
  for (const script of scripts) bytes += gzipSync(await (await fetch(url + script)).text(), { level: 9 }).length;
  assert.ok(bytes <= BUDGET_BYTES, `${bytes} bytes gzipped: ${scripts.join(", ")}`);
});
