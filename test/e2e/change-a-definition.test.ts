// Somebody changes a definition while the service runs, and sees what that means.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();

test("a wrong field is told at the field, a right one is saved, shown as a difference, and applied by a restart", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("422");
  await dashboard.add({ name: "api", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true });
  await page.goto(`${url}/services/api?tab=definition`);
  await dashboard.inspect("definition");
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit api" });
  assert.equal(await form.getByRole("button", { name: "Save" }).getAttribute("aria-disabled"), "true");
  await form.getByLabel("Instances").fill("0");
  await form.getByText("1 thing is wrong.").waitFor();
  assert.equal(await form.getByLabel("Instances").getAttribute("aria-invalid"), "true");
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByRole("alert").waitFor();
  assert.equal(await form.getByLabel("Instances").getAttribute("aria-invalid"), "true");
  await dashboard.inspect("the form with an error");

  await form.getByLabel("Instances").fill("1");
  await form.getByLabel("Environment", { exact: true }).fill("COLOUR=blue\nEMPTY=");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved api as r2").waitFor();
  const differences = page.getByRole("region", { name: "Differences" });
  await differences.getByText("blue").waitFor();
  await page.getByText("Runs r1; r2 is saved").waitFor();
  await dashboard.inspect("saved and running differ");
  await page.getByRole("button", { name: "Restart to apply" }).click();
  await page.getByText("Restarted api").waitFor();
  await differences.waitFor({ state: "detached" });
});

test("what somebody else changed meanwhile is not overwritten", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("412");
  await dashboard.add({ name: "api", start_cmd: "sleep 1", working_dir: "/" });
  await page.goto(`${url}/services/api?tab=definition`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit api" });
  await form.getByLabel("Description").fill("mine");
  await dashboard.api("PATCH /api/services/api", { description: "theirs" });
  await form.getByRole("button", { name: "Save" }).click();
  await form.getByText("Somebody changed it meanwhile").waitFor();
  const { description } = (await dashboard.api("GET /api/services/api")) as { description: string };
  assert.equal(description, "theirs");
});

test("a service can be made to be tried for ever, and its definition edited as JSON", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "api", start_cmd: "sleep 1", working_dir: "/" });
  await page.goto(`${url}/services/api?tab=definition`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit api" });
  await form.getByRole("checkbox", { name: "Never give up" }).check();
  await form.getByText("Nothing is wrong with it.").waitFor();

  await form.getByRole("button", { name: "JSON" }).click();
  const json = form.getByRole("textbox", { name: "Definition as JSON" });
  const text = await json.inputValue();
  assert.equal((JSON.parse(text) as { restart: { max: unknown } }).restart.max, null);
  await json.fill(text.replace('"sleep 1",', '"sleep 1"'));
  const wrong = form.getByRole("list", { name: "What is wrong" });
  await wrong.getByRole("button", { name: /^Line \d+, column 3: expected ","/ }).click();
  await form.locator("textarea:focus").waitFor();
  assert.equal(await form.getByRole("button", { name: "Save" }).getAttribute("aria-disabled"), "true");
  await dashboard.inspect("JSON that cannot be read");
  await json.fill(text.replace('"instances": 1', '"instances": 0'));
  await wrong.getByRole("button", { name: /^Line \d+, instances:/ }).waitFor();
  await json.fill(text.replace('"sleep 1"', '"sleep 2"'));
  await wrong.waitFor({ state: "detached" });
  await form.getByRole("button", { name: "Fields" }).click();
  assert.equal(await form.getByLabel("Command", { exact: true }).inputValue(), "sleep 2");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved api as r2").waitFor();
  const saved = (await dashboard.api("GET /api/services/api")) as { start_cmd: string; restart: { max: unknown } };
  assert.deepEqual([saved.start_cmd, saved.restart.max], ["sleep 2", null]);
});

test("what it waits for, its sockets and its reload are rows and a choice, and what is wrong stands at the row", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const plain = { start_cmd: "sleep 1", working_dir: "/" };
  const db = { name: "db", start_cmd: "exec sleep 1000", working_dir: "/", autostart: true };
  await dashboard.add(db, { ...plain, name: "queue" });
  await dashboard.add({ ...plain, name: "api", depends_on: { queue: {} } });
  await page.goto(`${url}/services/api?tab=definition`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit api" });
  const add = form.getByLabel("Add a service that it waits for");
  assert.deepEqual(await add.locator("option").allTextContents(), ["Wait for another service…", "db"]);
  await add.selectOption("db");
  await form.getByLabel("Wait for db", { exact: true }).selectOption("until it is healthy");
  await form.getByRole("checkbox", { name: "Restart this with it (db)" }).check();
  await form.getByText('"queue" is not meant to run now').waitFor();
  await form.getByRole("button", { name: "Do not wait for queue" }).click();
  await form.getByLabel("Reload signal").selectOption("SIGHUP");
  await form.getByRole("button", { name: "Hold a socket" }).click();
  const socket = form.getByRole("group", { name: "Socket http" });
  await socket.getByText("is required").waitFor();
  await dashboard.inspect("the form with a socket that has no port");
  await socket.getByLabel("Port").fill("45123");
  await form.getByText("Nothing is wrong with it.").waitFor();
  await form.getByRole("button", { name: "JSON" }).click();
  await form.getByRole("button", { name: "Fields" }).click();
  assert.equal(await socket.getByLabel("Port").inputValue(), "45123");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved api as r2").waitFor();
  const saved = (await dashboard.api("GET /api/services/api")) as Record<string, unknown>;
  assert.deepEqual(saved["depends_on"], { db: { condition: "healthy", restart: true } });
  assert.deepEqual(saved["sockets"], [{ name: "http", host: "127.0.0.1", port: 45_123 }]);
  assert.deepEqual(saved["reload"], { signal: "SIGHUP" });
});
