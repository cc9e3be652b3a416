// Somebody opens one machine: charts over a range, what runs there, what could be adopted, what happened, and its name and end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";
import { startForeign } from "../support/foreign.ts";

const openDashboard = sharedDashboard();

test("charts share one range, which stands in the address, and can be read as a table", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const nas = await dashboard.bareServer("nas", { tags: ["storage"] });
  for (const value of [10, 20, 30]) {
    await nas.beat({ cpu_percent: value, memory_percent: 70, disk_percent: 91, room_humidity_percent: 40 });
  }
  await page.goto(`${url}/servers/nas`);
  const cpu = page.getByRole("figure", { name: "CPU" });
  // Points stand for some seconds each: what a beat alone told is in their bounds.
  await cpu.getByText(/between 10 % and 30 %/).waitFor();
  await page.getByRole("figure", { name: "room_humidity_percent" }).waitFor();
  await dashboard.inspect("charts of a server");
  await page.getByRole("group", { name: "Time range" }).getByRole("button", { name: "24h" }).click();
  assert.match(page.url(), /\?range=24h$/);

  await cpu.scrollIntoViewIfNeeded();
  const box = await cpu.locator(".u-over").boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/\?from=.*&to=/);
  const query = new URL(page.url()).searchParams;
  const hours = (Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "")) / 3_600_000;
  assert.ok(hours > 11 && hours < 13, `half of a day was dragged over, ${hours} h are shown`);
  await page.reload();
  await page.getByRole("button", { name: "Zoom back" }).click();
  await page.waitForURL((address) => !address.searchParams.has("from"));

  await page.getByRole("button", { name: "As a table" }).click();
  await page.getByRole("region", { name: "Values as a table" }).getByRole("cell", { name: "70 %" }).first().waitFor();
  await dashboard.inspect("values of a server as a table");
});

test("an agent's machine shows its services, its ports, and a process that can be adopted there", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using far = await joinFleet(fleet, "far", { tags: ["prod"] });
  await untilServer(fleet, far.id, (server) => server.online);
  await using stranger = await startForeign("there");
  await dashboard.add({
    name: "api",
    start_cmd: "exec sleep 1000",
    autostart: true,
    working_dir: "/",
    placement: { tags: ["prod"] },
  });
  await page.goto(`${url}/servers/far`);
  await page.getByRole("figure", { name: "Load" }).waitFor();
  await page.getByRole("tab", { name: "Services" }).click();
  await page.getByRole("row", { name: /api.*running/ }).waitFor();
  await dashboard.inspect("services of a server");
  await page.getByRole("tab", { name: "Events" }).click();
  await page.getByText("the server online").first().waitFor();
  await dashboard.inspect("events of a server");
  await page.getByRole("tab", { name: "Ports" }).click();
  await page.getByRole("table").getByText(new URL(url).port, { exact: true }).waitFor();
  await page.getByRole("tab", { name: "Processes" }).click();
  await page.getByLabel("Filter").fill(stranger.mark);
  await page.getByRole("button", { name: new RegExp(`^Adopt .*pid ${stranger.pid}$`) }).click();
  await page.getByRole("heading", { level: 1, name: /^Adopt / }).waitFor();
  assert.equal(await page.getByLabel("On servers").inputValue(), "far");

  // Asked of the agent there, which must not end before it has answered.
  const output = page.waitForResponse((response) => response.url().includes("/api/services/api/logs?"));
  await page.goto(`${url}/services/api`);
  await page.getByRole("link", { name: "far" }).first().waitFor();
  await output;
});

test("each instance of a service on two servers has its own charts, output and acts", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url, fleet } = dashboard;
  await using far = await joinFleet(fleet, "far");
  await untilServer(fleet, far.id, (server) => server.online);
  const start_cmd = 'echo "here is $PWD"; exec sleep 1000';
  await dashboard.add({
    name: "api",
    start_cmd,
    autostart: true,
    working_dir: "/",
    placement: { servers: ["attic", "far"] },
  });
  await page.goto(`${url}/services/api?tab=output`);
  const instances = page.getByRole("list", { name: "Instances" });
  await instances.getByRole("listitem").filter({ hasText: "far" }).getByText("running").waitFor();
  await page.getByRole("combobox", { name: "Instance" }).selectOption("far");
  await page.getByText("here is /").waitFor();
  await dashboard.inspect("a service on two servers");
  await page.getByRole("button", { name: "Stop far" }).click();
  await page.getByText("Stopped api #0 on far").waitFor();
  await instances.getByRole("listitem").filter({ hasText: "far" }).getByText("stopped").waitFor();
  await instances.getByRole("listitem").filter({ hasText: "attic" }).getByText("running").waitFor();
  await page.getByText("Stopped by somebody: on far.").waitFor();
  await page.getByRole("tab", { name: "Definition" }).click();
  await page.getByRole("button", { name: "Edit" }).click();
  const servers = page.getByLabel("On servers");
  assert.equal(await servers.inputValue(), "attic, far");
  await servers.fill("attic");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await instances.waitFor({ state: "detached" });
});

test("a server can be renamed, tagged, revoked, enrolled again and removed", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const server = await dashboard.bareServer("old-name");
  await server.beat({ cpu_percent: 1 });
  await page.goto(`${url}/servers/old-name`);
  // The name is the hub's own machine's: refused.
  dashboard.expectConsole("/api/servers/");
  await page.getByRole("button", { name: "Name and tags" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("attic");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("new name");
  await page.getByRole("textbox", { name: "Tags" }).fill("prod, cold");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "new name" }).waitFor();
  await page.getByText("cold", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByText(/, revoked$/).waitFor();
  await page.getByRole("button", { name: "Enrol again" }).click();
  await page.getByText(/--re-enrol/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();

  await page.getByRole("button", { name: "Remove" }).click();
  const remove = page.getByRole("button", { name: "Remove new name" });
  assert.equal(await remove.getAttribute("aria-disabled"), "true");
  await page.getByLabel("Type new name to go on").fill("new name");
  await dashboard.inspect("the dialog that removes a server");
  await remove.click();
  await page.getByRole("heading", { level: 1, name: "Servers" }).waitFor();
  await page.getByText("new name", { exact: true }).waitFor({ state: "detached" });
});

test("a press at a time in a chart asks which process it was", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await using far = await joinFleet(dashboard.fleet, "far");
  await untilServer(dashboard.fleet, far.id, (server) => server.last_metrics["cpu_percent"] !== undefined);
  const busy = {
    pid: 41,
    name: "busy",
    command: "busy --loop",
    user: "ann",
    cpu_percent: 99,
    memory_bytes: 1024,
    io_bytes_per_second: null,
  };
  // An agent tells this once a minute: longer than a test should wait.
  await page.route(/\/top(\?|$)/, (route) => route.fulfill({ json: { at: Date.now(), processes: [busy] } }));
  await page.goto(`${url}/servers/far?range=5m`);
  const which = page.getByRole("region", { name: "Which process was it" });
  await which.getByRole("row", { name: /busy pid 41.*99 %/ }).waitFor();
  const cpu = page.getByRole("figure", { name: "CPU" });
  await dashboard.inspect("charts with the processes below");
  await cpu.scrollIntoViewIfNeeded();
  const box = await cpu.locator(".u-over").boundingBox();
  assert.ok(box !== null);
  const asked = page.waitForRequest((request) => request.url().includes("/top?at="));
  await page.mouse.click(box.x + box.width / 2, box.y + 40);
  const at = new URL((await asked).url()).searchParams.get("at") ?? "";
  await which.getByRole("button", { name: "Show the newest" }).waitFor();
  const age = Date.now() - Date.parse(at);
  assert.ok(age > 100_000 && age < 200_000, `the middle of five minutes was pressed, ${age} ms ago was asked for`);
});
