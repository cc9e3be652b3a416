// Somebody brings a machine in: the line is pasted in a shell, and the dialog turns green.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { enrolAgent } from "../../src/agent/agent.ts";
import { sharedDashboard, until } from "../support/browser.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const openDashboard = sharedDashboard();

test("the bare line of the dialog, run by a shell, brings the machine in, and the dialog says so", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.goto(url);
  await page.getByRole("button", { name: "Add server" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a server" });
  await dialog.getByText("waiting").waitFor();
  await dialog.getByText("This hub listens on its own machine only.").waitFor();
  await dialog.getByText(/curl http.*\/health/).waitFor();
  await dashboard.inspect("the dialog that adds a server");
  await dialog.getByRole("tab", { name: "Bare, with curl" }).click();
  const line = await dialog.getByLabel("Line to paste").inputValue();
  // Its own name is this machine's, which may be the hub's.
  const shell = spawn("sh", ["-c", `hostname() { echo bare-shell; }; ${line}`], { stdio: "ignore", detached: true });
  context.after(() => {
    if (shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
  });
  await dialog.getByText("bare-shell is here").waitFor();
  await dialog.getByText("online").waitFor();
  await dashboard.inspect("the dialog when the server is there");
  await dialog.getByRole("link", { name: "bare-shell" }).click();
  await page.getByRole("heading", { level: 1, name: "bare-shell" }).waitFor();
  await page.getByRole("figure", { name: "Memory" }).waitFor();
});

test("the agent's line has a token with the tags that were asked for; closing takes an unused one back", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const tokens = async (): Promise<{ tags: string[]; uses_left: number }[]> =>
    // Those that were used up stay in the list until they expire.
    ((await dashboard.api("GET /api/join-tokens")) as { tags: string[]; uses_left: number }[]).filter(
      ({ uses_left }) => uses_left > 0,
    );
  await page.goto(`${url}/servers`);
  await page.getByRole("button", { name: "Add server" }).click();
  const line = page.getByLabel("Line to paste");
  const first = await line.inputValue();
  await page.getByText("Tags, more than one machine, a longer time").click();
  await page.getByLabel("Tags", { exact: false }).fill("prod, web");
  await page.getByRole("spinbutton", { name: "Servers" }).fill("2");
  await page.getByRole("button", { name: "Make that line" }).click();
  await until(async () => (await line.inputValue()) !== first, "there is another line");
  const [, secret = "", hub = ""] =
    /^TAILHERD_JOIN_TOKEN=(\S+) tailherd agent --hub (\S+)$/.exec(await line.inputValue()) ?? [];
  const dataDir = await mkdtemp(join(tmpdir(), "tailherd-add-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  await enrolAgent(dataDir, { hubUrl: hub, token: secret, name: "far", tags: [] });
  await page.getByText("has enrolled; its first heartbeat is awaited").waitFor();
  await page.getByText("for 1 more").waitFor();
  assert.deepEqual(
    (await tokens()).map(({ tags, uses_left }) => [tags, uses_left]),
    [[["prod", "web"], 1]],
  );
  const taken = page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.getByRole("button", { name: "Done" }).click();
  await taken;
  assert.deepEqual(await tokens(), []);
});

test("the line can be copied where there is no clipboard, as on plain http", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  await page.goto(`${url}/servers`);
  await page.getByRole("button", { name: "Add server" }).click();
  const line = await page.getByLabel("Line to paste").inputValue();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Filter servers").focus();
  await page.keyboard.press("Control+V");
  assert.equal(await page.getByLabel("Filter servers").inputValue(), line);
});
