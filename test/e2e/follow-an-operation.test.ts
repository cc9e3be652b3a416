// Somebody begins something long, looks how far it is, closes the tab, and comes back to what became of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";

const openDashboard = sharedDashboard();

test("a bulk act has a page that survives a closed tab and says what became of each target", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add(
    { name: "good", start_cmd: "exec sleep 1000", working_dir: "/" },
    { name: "bad", start_cmd: "exec /no/such/program", working_dir: "/", restart: { max: 0 } },
  );
  await page.goto(url);
  for (const name of ["good", "bad"]) await page.getByLabel(`Select ${name}`).check();
  await page
    .getByRole("button", { name: /^Start/ })
    .last()
    .click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Start/ })
    .click();
  await page.getByText("1 of 2 services failed").waitFor();
  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: /start/i }).waitFor();
  const targets = page.getByRole("region", { name: "Targets and what became of them" });
  await targets.getByRole("row", { name: /good.*done/ }).waitFor();
  await targets.getByRole("row", { name: /bad.*failed/ }).waitFor();
  await page.getByText("1 of 2 done, 1 failed").waitFor();
  assert.match((await targets.getByRole("row").nth(1).textContent()) ?? "", /^bad/);
  await dashboard.inspect("an operation");

  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  await targets.getByRole("row", { name: /bad.*failed/ }).waitFor();
  await page.goto(`${url}/ops`);
  await page
    .getByRole("row", { name: /failed.*1 of 2 done/ })
    .getByRole("link")
    .click();
  await page.getByText("1 of 2 done, 1 failed").waitFor();
  dashboard.expectConsole("/api/operations/none");
  await page.goto(`${url}/ops/none`);
  await page.getByText("The hub keeps the last operations only").waitFor();
});

test("output comes as it is printed, a run can be cancelled, and what did not work can be done again", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using one = await joinFleet(fleet, "web-1", { allowRun: true });
  await using two = await joinFleet(fleet, "web-2", { allowRun: true });
  for (const { id } of [one, two]) await untilServer(fleet, id, ({ connected }) => connected);
  const gate = join(one.dataDir, "gate");
  // Ends at once where it is done again, and where the gate is open; else it waits to be ended.
  const script = `echo here; test -e ${gate} || { : > ${gate}; echo waits; exec sleep 1000; }; echo through`;
  const begun = (await dashboard.api("POST /api/commands", {
    action: "run",
    argv: ["/bin/sh", "-c", script],
    servers: ["web-1", "web-2"],
    width: 1,
  })) as { id: string };
  await page.goto(`${url}/ops/${begun.id}`);
  await page.getByText("0 of 2 done, 1 running, 1 waits").waitFor();
  const first = page.getByRole("region", { name: "Output of web-1" });
  await first.getByText("waits").waitFor();
  await dashboard.inspect("a running operation");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("0 of 2 done, 2 cancelled").waitFor();
  // Reopened, what was printed is told whole.
  await page.reload();
  assert.equal(await first.textContent(), "here\nwaits\n");
  await page.getByRole("button", { name: "Retry all" }).click();
  await page.waitForURL((address) => !address.pathname.endsWith(begun.id));
  await page.getByText("2 of 2 done").waitFor();
  for (const name of ["web-1", "web-2"]) {
    await page
      .getByRole("region", { name: `Output of ${name}` })
      .getByText("through")
      .waitFor();
  }
});

test("an operation with more than a hundred targets is followed change by change, what needs somebody first", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const names = Array.from({ length: 101 }, (_, index) => `job-${index + 1}`);
  await dashboard.add(
    ...names.map((name) => ({
      name,
      start_cmd: name === "job-77" ? "exec /no/such/program" : "exec sleep 1000",
      working_dir: "/",
      restart: { max: 0 },
    })),
  );
  await page.goto(`${url}/ops`);
  await page.getByText("nothing is going on").waitFor();
  const begun = (await dashboard.api("POST /api/bulk", { action: "start", services: names })) as { id: string };
  await page
    .getByRole("row", { name: /100 of 101 done, 1 failed/ })
    .getByRole("link")
    .first()
    .click();
  const rows = page.getByRole("region", { name: "Targets and what became of them" }).getByRole("row");
  await rows.nth(101).waitFor();
  assert.match((await rows.nth(1).textContent()) ?? "", /^job-77/);
  assert.ok(page.url().endsWith(begun.id));
});
