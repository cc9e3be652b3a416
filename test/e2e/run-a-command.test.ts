// Somebody runs something on one machine, or on several at a time, and follows what becomes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";

const openDashboard = sharedDashboard();

test("a line is run on one server from its page, and a service is stopped there", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using far = await joinFleet(fleet, "far", { allowRun: true });
  await untilServer(fleet, far.id, ({ connected }) => connected);
  const placement = { servers: ["far"] };
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true, placement });
  await page.goto(`${url}/servers/far`);
  await page.getByRole("button", { name: "Run a command", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Run a command on far" });
  const run = dialog.getByRole("button", { name: "Run", exact: true });
  assert.equal(await run.getAttribute("aria-disabled"), "true");
  await dialog.getByLabel("Line", { exact: true }).fill("echo $((40 + 2)) there");
  assert.equal(
    await dialog.getByLabel("The same in a shell").inputValue(),
    "tailherd run -s far -- /bin/sh -c 'echo $((40 + 2)) there'",
  );
  await dashboard.inspect("the form of a command");
  await run.click();
  await page.getByText("1 of 1 done").waitFor();
  await page.getByRole("region", { name: "Output of far" }).getByText("42 there").waitFor();

  await page.goto(`${url}/servers/far`);
  await page.getByRole("button", { name: "Run a command", exact: true }).click();
  await dialog.getByLabel("What").selectOption("stop_service");
  await dialog.getByLabel("Service").selectOption("api");
  await dialog.getByRole("button", { name: "Stop it" }).click();
  await page.getByText("1 of 1 done").waitFor();
  await page.goto(`${url}/services/api`);
  await page.getByRole("heading", { level: 1, name: "api" }).waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
});

test("several servers are selected; those that take no programs are named before", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using open = await joinFleet(fleet, "open", { allowRun: true });
  await using closed = await joinFleet(fleet, "closed");
  for (const { id } of [open, closed]) await untilServer(fleet, id, ({ connected }) => connected);
  await dashboard.bareServer("bare");
  await page.goto(`${url}/servers`);
  await page.getByRole("checkbox", { name: "Select open" }).check();
  await page.getByRole("checkbox", { name: "Select closed" }).check();
  assert.equal(await page.getByRole("checkbox", { name: "Select bare" }).count(), 0);
  const bar = page.getByRole("region", { name: "Selected servers" });
  await bar.getByText("2 servers selected").waitFor();
  await dashboard.inspect("selected servers");
  await bar.getByRole("button", { name: "Run a command…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run a command on 2 servers" });
  await dialog.getByText("closed was not started with --allow-run").waitFor();
  await dialog.getByLabel("What").selectOption("program");
  await dialog.getByLabel("Program and arguments").fill("echo\na b");
  await dialog.getByLabel("Servers at a time").fill("none");
  await dialog.getByLabel("Stop after failures").fill("1");
  dashboard.expectConsole("/api/commands");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  // The hub says what is wrong where it stands.
  await dialog.locator("[aria-invalid]").waitFor();
  await dialog.getByLabel("Servers at a time").fill("1");
  await dashboard.inspect("the form of a command on several servers");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("row", { name: /closed.*failed.*--allow-run/ }).waitFor();
});
