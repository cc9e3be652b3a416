// Somebody gives a service a check, sees it fail and why, and sees it pass again.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();

test("a check is added in the form, fails with its reason on every screen, and passes again", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const directory = mkdtempSync(join(tmpdir(), "tailherd-health-"));
  using files = new DisposableStack();
  files.defer(() => rmSync(directory, { recursive: true }));
  const bad = join(directory, "bad");
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  await page.goto(`${url}/services/api?tab=definition`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit api" });
  await form.getByRole("button", { name: "Add a check" }).click();
  const check = form.getByRole("group", { name: "Check web" });
  await check.getByText("is required, unless the service has ports").waitFor();
  await check.getByLabel("Kind").selectOption({ label: "exec: runs a command" });
  await check.getByLabel("Command").fill(`test ! -e ${bad} || { echo 'it is bad'; false; }`);
  await check.getByLabel("Name").fill("good");
  const named = form.getByRole("group", { name: "Check good" });
  await named.getByLabel("What it is for").selectOption("readiness");
  await named.getByLabel("Interval, seconds").fill("0.1");
  await named.getByLabel("Fails after so many in a row").fill("1");
  await named.getByLabel("Interval, seconds").and(page.locator("[aria-invalid=true]")).waitFor();
  await dashboard.inspect("the form of a check");
  await named.getByLabel("Interval, seconds").fill("0.5");
  await form.getByText("Nothing is wrong with it.").waitFor();
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved api as r2").waitFor();
  assert.equal(await page.getByText("Restart to apply").count(), 0, "checks count at once");

  await page.getByRole("tab", { name: "Summary" }).click();
  const checks = page.getByRole("region", { name: "Checks" });
  await checks.getByText("passing").waitFor();
  writeFileSync(bad, "");
  await checks.getByText("failing", { exact: true }).waitFor();
  await checks.getByText("exit 1: it is bad").first().waitFor();
  await checks.getByRole("img", { name: /^The last \d+ looks: .*failed, the last failure/ }).waitFor();
  await checks.getByText("Last results of good").click();
  await checks.getByRole("cell", { name: "failed: exit 1: it is bad" }).waitFor();
  await dashboard.inspect("a check that fails");

  await page.goto(url);
  await page.getByText("It runs, but its check good fails: exit 1: it is bad.").waitFor();
  await page.getByText("not ready: failed check good: exit 1: it is bad").waitFor();
  rmSync(bad);
  await page.getByText("not ready: failed check good").waitFor({ state: "detached" });
});

test("a heartbeat by URL is chosen in the form, and says that it counts from the next start", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "caller", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  await page.goto(`${url}/services/caller?tab=definition`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit caller" });
  await form.getByRole("button", { name: "Add a check" }).click();
  const check = form.getByRole("group", { name: "Check web" });
  await check.getByLabel("Kind").selectOption({ label: "heartbeat: it touches a file or calls an address" });
  await check.getByText("is required, unless url is true").waitFor();
  await check.getByRole("switch", { name: "Or it calls TAILHERD_HEARTBEAT_URL" }).click();
  await form.getByText("Nothing is wrong with it.").waitFor();
  await dashboard.inspect("the form of a heartbeat");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved caller as r2").waitFor();
  await page.getByRole("tab", { name: "Summary" }).click();
  const checks = page.getByRole("region", { name: "Checks" });
  await checks.getByText("passing").waitFor();
  await checks.getByText("counts from the next start").first().waitFor();
});
