// Somebody reads what a service writes, as it writes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedDashboard } from "../support/browser.ts";

const openDashboard = sharedDashboard();

/** Writes what is asked for line by line, so that a test decides when something new comes. */
const TALKER = [
  "printf '\\033[32mgreen\\033[0m and plain\\n'",
  "echo '<b>not bold</b>'",
  "echo 'a complaint' >&2",
  `echo '{"level":"warn","msg":"slow query","ms":912}'`,
  'i=0; while [ $i -lt 400 ]; do echo "line $i"; i=$((i+1)); done',
  "while [ ! -e \"$GATE\" ]; do sleep 0.05; done; echo 'through the gate'",
  "exec sleep 1000",
].join("; ");

test("output comes live, coloured, told apart, and as text only", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const gate = `/tmp/tailherd-gate-${process.pid}`;
  await dashboard.add({ name: "talker", start_cmd: TALKER, env: { GATE: gate }, working_dir: "/", autostart: true });
  await page.goto(`${url}/services/talker?tab=output`);
  const output = page.getByRole("region", { name: "Output of talker" });
  await output.getByText("line 399").waitFor();
  await dashboard.inspect("output");

  // Scrolled up it stays where it is, and says what came meanwhile.
  await output.focus();
  await page.keyboard.press("Home");
  await output.getByText("<b>not bold</b>").waitFor();
  assert.equal(await output.locator("b", { hasText: "not bold" }).count(), 0);
  assert.match((await output.getByText("green", { exact: true }).getAttribute("class")) ?? "", /green/);
  await output.getByText("slow query").waitFor();
  await output.getByText("warn", { exact: true }).waitFor();
  await page.getByRole("button", { name: "To the end" }).waitFor();
  await dashboard.add({ name: "gate", start_cmd: `touch ${gate}`, working_dir: "/", restart: { policy: "never" } });
  await dashboard.api("POST /api/services/gate/start");
  await page.getByRole("button", { name: "1 new line" }).click();
  await output.getByText("through the gate").waitFor();

  await dashboard.add({ name: "ungate", start_cmd: `rm -f ${gate}`, working_dir: "/", restart: { policy: "never" } });
  await dashboard.api("POST /api/services/ungate/start");
});

test("text filters or marks, and streams can be chosen", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await dashboard.add({ name: "talker", start_cmd: TALKER, env: { GATE: "/" }, working_dir: "/", autostart: true });
  await page.goto(`${url}/services/talker?tab=output`);
  const output = page.getByRole("region", { name: "Output of talker" });
  await output.getByText("through the gate").waitFor();
  await page.getByRole("searchbox", { name: "Find in the output" }).fill("LINE 39");
  await output.getByText("line 390").waitFor();
  assert.equal(await output.locator("time").count(), 11);
  assert.equal(await output.locator("mark").first().textContent(), "line 39");
  await page.getByRole("combobox", { name: "What to do with found lines" }).selectOption("Mark them");
  await output.getByText("through the gate").waitFor();
  await page.getByRole("searchbox", { name: "Find in the output" }).fill("");
  await page.getByRole("combobox", { name: "Stream" }).selectOption("stderr");
  await output.getByText("a complaint").waitFor();
  assert.equal(await output.locator("time").count(), 1);
});

test("older lines come when they are scrolled to, and a line has a link that shows it among its neighbours", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await dashboard.add({
    name: "talker",
    start_cmd: 'i=0; while [ $i -lt 3000 ]; do echo "line $i."; i=$((i+1)); done; exec sleep 1000',
    working_dir: "/",
    autostart: true,
  });
  await page.goto(`${url}/services/talker?tab=output`);
  const output = page.getByRole("region", { name: "Output of talker" });
  await output.getByText("line 2999.").waitFor();
  await output.getByText(/^started, pid/).waitFor();
  // A page that comes to a service at rest: 500 lines and nothing live.
  await page.reload();
  await output.getByText("line 2999.").waitFor();
  await output.focus();
  // Older lines come in front, and what was in view stays there.
  for (const [text, place] of [
    ["line 2501.", 1000],
    ["line 1501.", 1000],
    ["line 501.", 501],
  ] as const) {
    await page.keyboard.press("Home");
    await output.locator(`[data-index="${place}"]`, { hasText: text }).waitFor();
  }
  await page.keyboard.press("Home");
  await output.getByText("line 0.", { exact: true }).waitFor();

  await page.getByRole("searchbox", { name: "Find in the output" }).fill("line 1234.");
  await output.getByText("line 1234.").waitFor();
  await output.getByRole("button").first().click();
  await page.getByText("Copied a link to this line").waitFor();
  const marked = output.locator("[aria-current]");
  await marked.getByText("line 1234.").waitFor();
  await output.getByText("line 1236.").waitFor();
  assert.match(page.url(), /\?tab=output&at=/);
  await dashboard.inspect("a line of a link");

  await page.goto(url);
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await page.goto(String(await page.evaluate("navigator.clipboard.readText()")));
  await marked.getByText("line 1234.").waitFor();
  await output.getByText("line 1232.").waitFor();
});
