// Somebody has things done at set times: adds a task, runs it at once, changes when it is due, and deletes it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { DAY, MINUTE } from "../../src/base/units.ts";
import { sharedDashboard } from "../support/browser.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";

const openDashboard = sharedDashboard();

test("a task is added by presets, fields and text, all of one schedule, with its next runs before it is saved", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/" });
  await page.goto(`${url}/tasks`);
  await page.getByRole("link", { name: "Add the first one" }).click();
  await page.getByLabel("Name", { exact: true }).fill("nightly restart");
  await page.getByLabel("Service", { exact: true }).selectOption("api");

  const expression = page.getByLabel("Expression");
  const outlook = page.getByRole("table", { name: "Next runs" });
  await page.getByLabel("Runs", { exact: true }).selectOption("weekly");
  await page.getByRole("button", { name: "Thursday" }).click();
  await page.getByLabel("At", { exact: true }).fill("02:30");
  assert.equal(await expression.inputValue(), "30 2 * * 1,4");
  await page.getByText("It runs at 02:30 on Mondays and Thursdays.").waitFor();
  assert.equal(await outlook.getByRole("row").count(), 6);
  await page.getByText("Adds 2 runs in the next 7 days on 1 server.").waitFor();

  await page.getByText("Field by field").click();
  dashboard.expectConsole("/api/cron/preview");
  await page.getByLabel("Month day").fill("30");
  await page.getByLabel("Month", { exact: true }).fill("2");
  await page.getByLabel("Weekday").fill("");
  assert.equal(await expression.inputValue(), "30 2 30 2 *");
  await page.locator("[aria-invalid]").waitFor();
  await page.getByText("1 thing is wrong.").waitFor();
  await page.getByLabel("Zone").fill("America/New_York");
  await expression.fill("30 2 13 * 5");
  await page.getByText("both day fields are restricted").waitFor();
  await outlook.getByText("America/New_York").waitFor();
  await dashboard.inspect("the form of a task");

  await expression.fill("@daily");
  assert.equal(await page.getByLabel("Runs", { exact: true }).inputValue(), "daily");
  assert.equal(await page.getByLabel("At", { exact: true }).inputValue(), "00:00");
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByRole("heading", { level: 1, name: "nightly restart" }).waitFor();
  await page.getByText("Added nightly restart").waitFor();
  await outlook.getByText("America/New_York").waitFor();
});

test("what saving an edit changes is said before; a task is switched off and on, and deleted by its name", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  const task = { action: "restart", service_name: "api", cron_expression: "0 3 * * *", timezone: "UTC" };
  for (const name of ["nightly", "other"]) await dashboard.api("POST /api/tasks", { ...task, name });
  await page.goto(`${url}/tasks`);
  const row = page.getByRole("row", { name: /^nightly/ });
  await row.waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "nightly" }).waitFor();
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByText("Changes no run: 7 runs in the next 7 days on 1 server, as before.").waitFor();
  await page.getByLabel("Expression").fill("0 3,15 * * *");
  await page.getByText("Adds 7 runs in the next 7 days: 14 on 1 server, 7 before.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved nightly").waitFor();
  await page.getByText("at 03:00 and 15:00 every day").first().waitFor();
  await page.getByRole("button", { name: "Run now" }).click();
  await page
    .getByRole("region", { name: "Runs of nightly" })
    .getByRole("row", { name: /done.*run by hand/ })
    .waitFor();
  await dashboard.inspect("a task and its runs");

  await page.keyboard.press("g");
  await page.keyboard.press("t");
  const on = row.getByRole("switch", { name: "nightly is on" });
  await on.click();
  await row.getByRole("cell", { name: "off", exact: true }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await row.getByRole("switch", { checked: true }).waitFor();
  // Changed elsewhere, it changes here.
  await dashboard.api("PUT /api/tasks/other", { ...task, name: "other", cron_expression: "*/5 * * * *" });
  await page.getByRole("row", { name: /^other.*every 5 minutes/ }).waitFor();
  await row.getByRole("img", { name: "Last 1 run" }).waitFor();
  await dashboard.inspect("the tasks");
  await page.getByRole("searchbox", { name: "Filter tasks" }).fill("nothing like it");
  await page.getByText("0 of 2 tasks match").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();

  await row.getByRole("button", { name: "Delete nightly" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete nightly?" });
  await dialog.getByLabel("Type nightly to go on").fill("nightly");
  await dialog.getByRole("button", { name: "Delete nightly" }).click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(
    ((await dashboard.api("GET /api/tasks")) as { name: string }[]).map(({ name }) => name),
    ["other"],
  );
  await dashboard.api("DELETE /api/tasks/other");
  await page.getByText("No tasks yet").waitFor();
});

test("a command is run at once, its output is read while it is printed, and what failed is done again", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using far = await joinFleet(fleet, "far", { allowRun: true });
  await untilServer(fleet, far.id, ({ connected }) => connected);
  const gate = join(far.dataDir, "gate");
  await page.goto(`${url}/add-task`);
  await page.getByLabel("Name", { exact: true }).fill("tidy up");
  await page.getByLabel("It shall").selectOption("command");
  await page
    .getByLabel("Command", { exact: true })
    .fill(`echo waits; while test ! -e ${gate}; do sleep 0.05; done; echo $((40 + 2)) files; cat ${gate}; exit 3`);
  // On the hub's own machine nobody allowed it, which is said before it fails.
  await page.getByText(/attic was started without --allow-run/).waitFor();
  await page.getByLabel("On servers").fill("far");
  await page.getByText(/attic was started without --allow-run/).waitFor({ state: "detached" });
  await page.getByLabel("Runs", { exact: true }).selectOption("monthly");
  await page.getByText(/^(Adds 1 run|It is not due) in the next 7 days/).waitFor();
  await page.getByRole("button", { name: "Add task" }).click();
  await page.getByText("It has not run yet").waitFor();

  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("button", { name: "Show" }).click();
  const output = page.getByRole("region", { name: "What it printed" });
  await output.getByText("waits").waitFor();
  await page.getByRole("status").filter({ hasText: "running" }).waitFor();
  await writeFile(gate, "through\n");
  await page.getByRole("status").filter({ hasText: "failed" }).getByText("exit 3").waitFor();
  await output.getByText("42 files").waitFor();
  await output.getByText("through").waitFor();
  await dashboard.inspect("a run");
  const first = page.url();
  await page.getByRole("button", { name: "Retry now" }).click();
  await page.waitForURL((address) => address.pathname.includes("/runs/") && address.href !== first);
  await output.getByText("42 files").waitFor();
  await page.getByRole("link", { name: "The task" }).click();
  const runs = page.getByRole("region", { name: "Runs of tidy up" });
  await runs
    .getByRole("row", { name: /failed.*run by hand/ })
    .nth(1)
    .waitFor();
});

test("what a task missed is shown from a time on, run oldest first, and not missed any more", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  // Half a day from now: the same times are missed however long this takes.
  const hour = (new Date().getUTCHours() + 12) % 24;
  const task = { action: "restart", service_name: "api", cron_expression: `0 ${hour} * * *`, timezone: "UTC" };
  await dashboard.api("POST /api/tasks", { ...task, name: "nightly", enabled: false });
  await page.goto(`${url}/tasks/nightly`);
  await page.getByRole("button", { name: "Run what was missed…" }).click();
  const dialog = page.getByRole("dialog", { name: "Run what nightly missed" });
  const since = dialog.getByLabel("Missed since");
  // It has missed nothing since it was made.
  assert.equal(await since.inputValue(), "off");
  await dialog.getByText(/^Nothing was missed since/).waitFor();
  await since.selectOption("date");
  await dialog.getByLabel("From").fill("2999-01-01T00:00");
  await dialog.getByText("is no time that has passed").waitFor();
  const threeDays = new Date(Date.now() - 3 * DAY - new Date().getTimezoneOffset() * MINUTE);
  await dialog.getByLabel("From").fill(threeDays.toISOString().slice(0, 16));
  await dialog.getByText("attic: 3 times").waitFor();
  const missed = dialog.getByRole("region", { name: "Missed on attic" });
  assert.equal(await missed.getByRole("listitem").count(), 3);
  await dashboard.inspect("what a task missed");
  await dialog.getByRole("button", { name: "Run 3 missed times" }).click();
  await page.getByText("Began what nightly missed").waitFor();
  await page.getByText('Task "nightly" runs for 3 times that it missed on attic').waitFor();
  const made = page
    .getByRole("region", { name: "Runs of nightly" })
    .getByRole("row", { name: /done.*caught up, asked for by/ });
  await made.nth(2).waitFor();
  await page.getByRole("button", { name: "Run what was missed…" }).click();
  await since.selectOption("date");
  await dialog.getByLabel("From").fill(threeDays.toISOString().slice(0, 16));
  await dialog.getByText(/^Nothing was missed since/).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await made.count(), 3);
});
