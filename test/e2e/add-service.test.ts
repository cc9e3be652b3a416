// Somebody adds a service: what is wrong is told while it is typed, the command is tried, then it is saved and runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";
import { startForeign } from "../support/foreign.ts";

test("the form tells what is wrong while it is typed, and nothing is saved until it is right", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "taken", start_cmd: "sleep 1", ports: [45_811] });
  await page.goto(`${url}/add`);
  await page.getByText("A name and a command are enough.").waitFor();

  const name = page.getByLabel("Name", { exact: true });
  await name.fill("a/b");
  await page.getByText(/^must be 1 to 64 letters/).waitFor();
  await name.fill("taken");
  await page.getByText("is taken by another service").waitFor();
  assert.equal(await name.getAttribute("aria-invalid"), "true");
  await page.getByLabel("Command", { exact: true }).fill("no-such-program-anywhere");
  await page.getByText(/no-such-program-anywhere.*not found|there is no.*no-such-program-anywhere/i).waitFor();
  await page.getByLabel("Directory").fill("/no/such/directory");
  await page.getByText(/no\/such\/directory/).waitFor();
  const ports = page.getByLabel("Ports");
  await ports.fill("http");
  await page.getByText("must be a number").waitFor();
  await ports.fill("45811");
  await name.fill("fresh");
  await page.getByText('port 45811 is also declared by "taken"').waitFor();
  await page.getByText(/^\d things are wrong\.$/).waitFor();
  for (const more of ["Environment and user", "Stopping, reloading, hooks, instances", "Limits"])
    await page.getByText(more).click();
  await dashboard.inspect("the form with mistakes");
  await page.getByRole("button", { name: "Add and start" }).click();
  assert.equal(((await dashboard.api("GET /api/services")) as unknown[]).length, 1);
  assert.match(page.url(), /\/add$/);
});

test("keywords show their matches, the command is tried, and what was added runs", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  await using foreign = await startForeign("keyword");
  const { page, url } = dashboard;
  await page.goto(`${url}/add`);
  await page.getByLabel("Keywords").fill(`SLEEP\n${foreign.mark}`);
  await page.getByText("1 running process matches").waitFor();
  await page.getByText(`pid ${foreign.pid}`).waitFor();
  await page.getByLabel("Keywords").fill("");

  await page.getByLabel("Name", { exact: true }).fill("Grüße 1");
  const command = page.getByLabel("Command", { exact: true });
  await command.fill("echo it says hello; exit 3");
  await page.getByRole("button", { name: "Try the command" }).click();
  await page.getByText(/^It ended with code 3 after/).waitFor();
  await page.getByRole("region", { name: "Output of the try" }).getByText("it says hello").waitFor();
  await dashboard.inspect("a command that was tried");

  await command.fill('echo "$GREETING"; exec sleep 1000');
  await page.getByText("Environment and user").click();
  await page.getByLabel("Environment", { exact: true }).fill("GREETING=a 'b' \"c\" $d");
  await page.getByText("Nothing is wrong with it.").waitFor();
  await page.getByRole("button", { name: "Add and start" }).click();
  await page.getByText("Added Grüße 1").waitFor();
  await page.getByRole("heading", { level: 1, name: "Grüße 1" }).waitFor();
  await page.getByRole("main").getByText("running").first().waitFor();
  await page.getByRole("tab", { name: "Output" }).click();
  await page.getByText("a 'b' \"c\" $d").waitFor();
});

test("a new service waits for another one and holds a socket, if that is said", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "db", start_cmd: "sleep 1", working_dir: "/" });
  await page.goto(`${url}/add`);
  await page.getByLabel("Name", { exact: true }).fill("api");
  await page.getByLabel("Command", { exact: true }).fill("exec sleep 1000");
  await page.getByRole("checkbox", { name: "Start it now" }).uncheck();
  await page.getByText("What it waits for", { exact: true }).click();
  await page.getByLabel("Add a service that it waits for").selectOption("db");
  await page.getByLabel("Wait for db", { exact: true }).selectOption("until it has completed");
  await page.getByText("Sockets held for it", { exact: true }).click();
  await page.getByRole("button", { name: "Hold a socket" }).click();
  await page.getByRole("group", { name: "Socket http" }).getByLabel("Port").fill("45124");
  await page.getByText("Stopping, reloading, hooks, instances").click();
  await page.getByLabel("Signal that reloads it").selectOption("SIGUSR2");
  await page.getByText("Nothing is wrong with it.").waitFor();
  await dashboard.inspect("the form with dependencies and sockets");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "api" }).waitFor();
  const saved = (await dashboard.api("GET /api/services/api")) as Record<string, unknown>;
  assert.deepEqual(saved["depends_on"], { db: { condition: "completed", restart: false } });
  assert.deepEqual(saved["sockets"], [{ name: "http", host: "127.0.0.1", port: 45_124 }]);
  assert.deepEqual(saved["reload"], { signal: "SIGUSR2" });
});
