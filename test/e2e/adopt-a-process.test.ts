// Somebody takes over a process that runs already.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";
import { startForeign } from "../support/foreign.ts";
import { isAlive, pidsWith } from "../support/processes.ts";

test("a running process becomes a service: seen first, taken over by a restart", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  await using foreign = await startForeign("adopt", { cwd: "/usr", env: { ...process.env, COLOUR: "deep blue" } });
  const { page, url } = dashboard;
  await page.goto(`${url}/adopt`);
  await page.getByRole("table").waitFor();
  await page.getByLabel("Filter").fill(foreign.mark);
  await page.getByText("1 process", { exact: true }).waitFor();
  await dashboard.inspect("processes to adopt");

  await page.getByRole("button", { name: `Adopt sleep, pid ${foreign.pid}` }).click();
  await page.getByText(`Read from pid ${foreign.pid}: sleep ${foreign.mark}`).waitFor();
  assert.equal(await page.getByLabel("Command", { exact: true }).inputValue(), `sleep\n${foreign.mark}`);
  assert.equal(await page.getByLabel("Directory").inputValue(), "/usr");
  await page.getByText("Environment and user").click();
  assert.match(await page.getByLabel("Environment", { exact: true }).inputValue(), /^COLOUR=deep blue$/m);
  await page.getByLabel("Name", { exact: true }).fill("adopted");
  await page.getByText("Nothing is wrong with it.").waitFor();
  await page.getByRole("button", { name: /^Add/ }).click();

  await page.getByRole("heading", { level: 1, name: "adopted" }).waitFor();
  await page.getByRole("main").getByText("external").first().waitFor();
  assert.ok(isAlive(foreign.pid));

  await page.getByRole("button", { name: "Restart" }).click();
  await page.getByText("Restarted adopted").waitFor();
  await page.getByRole("main").getByText("running").first().waitFor();
  assert.ok(!isAlive(foreign.pid));
  assert.equal(pidsWith(foreign.mark).length, 1);
});
