// Somebody restarts the instances of a service one after the other, and follows, pauses and cancels that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();
const sleeper = { start_cmd: "exec sleep 1000", working_dir: "/", autostart: true };

test("a rolling restart says before what it will do, and its page pauses, resumes and cancels it", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ ...sleeper, name: "api", instances: 3 });
  await dashboard.add({ ...sleeper, name: "web", depends_on: { api: { restart: true } } });
  await page.goto(`${url}/services/api`);
  await page.getByText("3/3").waitFor();
  await page.getByRole("button", { name: "Rolling restart…" }).click();
  const dialog = page.getByRole("dialog", { name: "Rolling restart of api" });
  await dialog
    .getByText(
      "4 instances of 2 services, one service after the other, 1 at a time, each ready for 5 s before the next",
    )
    .waitFor();
  await dialog.getByText("With web, which asks to be restarted too.").waitFor();
  await dialog.getByLabel("At the same time").fill("half");
  await dialog.getByText('must be a number of instances, or a share like "25%"').waitFor();
  const begin = dialog.getByRole("button", { name: "Restart api" });
  assert.equal(await begin.getAttribute("aria-disabled"), "true");
  await dashboard.inspect("the dialog with a mistake");
  await dialog.getByLabel("At the same time").fill("1");
  // So long that nothing but what is asked for happens meanwhile.
  await dialog.getByLabel("Each ready for").fill("1h");
  await dialog.getByLabel("Failed after").fill("2h");
  await begin.click();
  await page.getByText("Rolling restart of 2 services").waitFor();
  await page.getByRole("button", { name: "Details" }).click();

  await page.getByRole("heading", { level: 1, name: "rolling restart of 2 services" }).waitFor();
  await page.getByText("0 of 4 done, 1 running, 3 wait").waitFor();
  const targets = page.getByRole("region", { name: "Targets and what became of them" });
  await targets.getByRole("row", { name: /api #0 on attic.*running/ }).waitFor();
  await targets.getByRole("row", { name: /web #0 on attic.*waits/ }).waitFor();
  const about = page.getByRole("main");
  await about.getByText(/^waits for api #0 on attic to be stable/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await about.getByText(/^paused; waits for api #0/).waitFor();
  await about.getByText("paused", { exact: true }).waitFor();
  await dashboard.inspect("a rolling restart that is paused");
  const toast = page.getByRole("dialog").filter({ hasText: "Rolling restart of 2 services" });
  await toast.hover();
  await toast.getByRole("button", { name: "Close" }).click();
  await toast.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Resume" }).click();
  await about.getByText("paused", { exact: true }).waitFor({ state: "detached" });
  // Once closed, the toast does not come back with each change.
  assert.equal(await toast.count(), 0);
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  // What it has in hand it brings to its end.
  await about.getByText("is being cancelled").waitFor();
});

test("several services are restarted from the list, and what became of it is told", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add(
    { ...sleeper, name: "one", instances: 2 },
    { ...sleeper, name: "two" },
    { ...sleeper, name: "rest", autostart: false },
  );
  await page.goto(url);
  await page.getByText("2/2").waitFor();
  for (const name of ["one", "two", "rest"]) await page.getByLabel(`Select ${name}`).check();
  await page.getByRole("button", { name: "Rolling restart…" }).click();
  const dialog = page.getByRole("dialog", { name: "Rolling restart of 3 services" });
  await dialog.getByLabel("At the same time").fill("100%");
  await dialog.getByLabel("Each ready for").fill("0");
  await dialog.getByText("3 instances of 2 services, one service after the other, 1 to 2 at a time").waitFor();
  await dialog.getByRole("button", { name: "Restart 3 services" }).click();
  await page.getByText("Rolling restart of 2 services: done").waitFor();
  await page.getByText("3 services selected").waitFor({ state: "detached" });
  const statuses = (await dashboard.api("GET /api/status")) as { instances: { generation: number }[] }[];
  assert.equal(
    Math.min(...statuses.flatMap(({ instances }) => instances.map((each) => each.generation)).filter(Boolean)),
    2,
  );
});

test("a service that names a signal for it is reloaded by a button", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const program =
    'process.on("SIGHUP", () => console.log("read anew")); setInterval(() => {}, 1e6); console.log("ready")';
  await dashboard.add({
    name: "api",
    argv: [process.execPath, "-e", program],
    working_dir: "/",
    autostart: true,
    reload: { signal: "SIGHUP" },
  });
  await dashboard.add({ ...sleeper, name: "plain" });
  await page.goto(`${url}/services/api?tab=output`);
  await page.getByText("ready", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByText("Reloaded api").waitFor();
  await page.getByText("read anew", { exact: true }).waitFor();
  await dashboard.inspect("a service that reloads");
  await page.goto(`${url}/services/plain`);
  await page.getByRole("button", { name: "Restart", exact: true }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Reload" }).count(), 0);
});
