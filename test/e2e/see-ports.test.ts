// Somebody looks who has which port, and where that is not as it should be.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";
import { freePort } from "../support/ports.ts";

/** Listens where it is told; the number is in its environment. */
const LISTENS = 'require("net").createServer().listen(process.env.PORT, "127.0.0.1")';

test("the ports page tells conflicts and strangers first, then who listens where", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const stranger = createServer().listen(0, "127.0.0.1");
  context.after(() => stranger.close());
  await once(stranger, "listening");
  const taken = (stranger.address() as AddressInfo).port;
  const [shared, right, secret] = await Promise.all([freePort(), freePort(), freePort()]);
  const listener = (port: number) => ({
    argv: [process.execPath, "-e", LISTENS],
    env: { PORT: String(port) },
    autostart: true,
  });
  await dashboard.api("POST /api/settings", { check_port_conflicts: false });
  await dashboard.add(
    { name: "one", start_cmd: "sleep 1", ports: [shared] },
    { name: "two", start_cmd: "sleep 1", ports: [shared] },
    { name: "late", start_cmd: "sleep 1", ports: [taken] },
    { name: "right", ...listener(right), ports: [right] },
    { name: "quiet", ...listener(secret) },
  );
  const { page, url } = dashboard;
  await page.goto(`${url}/ports`);
  const row = (port: number) => page.getByRole("row", { name: new RegExp(`^${port}\\b`) });
  await row(shared).getByText("conflict", { exact: true }).waitFor();
  await row(taken).getByText("taken", { exact: true }).waitFor();
  await row(taken).getByText(`pid ${process.pid}`).waitFor();
  await row(right).getByText("listening", { exact: true }).waitFor();
  await row(secret).getByText("undeclared", { exact: true }).waitFor();
  await page.getByText(/, 2 problems$/).waitFor();
  const first = await page.getByRole("row").nth(1).textContent();
  assert.match(first ?? "", new RegExp(`^(${shared}|${taken})`));
  await dashboard.inspect("ports");

  await page.getByLabel("Filter").fill("quiet");
  await row(right).waitFor({ state: "detached" });
  await row(secret).getByRole("link", { name: "quiet" }).click();
  await page.getByRole("heading", { level: 1, name: "quiet" }).waitFor();
});
