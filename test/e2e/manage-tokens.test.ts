// Somebody makes a token for a script, uses it, and takes it back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";

test("a token is shown once, may what its role may, and is refused once it is revoked", async (context) => {
  await using dashboard = await openDashboard(context, { noAuth: false });
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("409");
  await dashboard.add({ name: "api", start_cmd: "sleep 1000" });
  await page.goto(dashboard.signInLink());
  await page.getByRole("row", { name: /api/ }).waitFor();
  await page.goto(`${url}/tokens`);
  await page.getByText("No tokens yet").waitFor();
  await dashboard.inspect("no tokens");
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").waitFor();
  await dashboard.inspect("a new token");
  assert.equal(await dialog.getByRole("button", { name: "Make the token" }).getAttribute("aria-disabled"), "true");
  await dialog.getByLabel("Name").fill("grafana");
  await dialog.getByRole("button", { name: "Make the token" }).click();
  const secret = await dialog.getByLabel("Secret").inputValue();
  assert.match(secret, /^th_/);
  await dashboard.inspect("a token's secret");
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  const row = page.getByRole("row", { name: /grafana/ });
  await row.getByText("viewer").waitFor();
  assert.ok(!(await page.content()).includes(secret));
  await dashboard.inspect("tokens");

  const use = async (method: string, path: string): Promise<number> => {
    const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${secret}` } });
    await response.text();
    return response.status;
  };
  assert.equal(await use("GET", "/api/status"), 200);
  assert.equal(await use("POST", "/api/services/api/start"), 403);

  await page.getByRole("button", { name: "New token" }).click();
  await dialog.getByLabel("Name").fill("grafana");
  await dialog.getByRole("button", { name: "Make the token" }).click();
  await dialog
    .getByText(/taken|exists|is one/i)
    .first()
    .waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await row.getByRole("button", { name: "Revoke grafana" }).click();
  await dialog.getByRole("button", { name: "Keep it" }).waitFor();
  await dashboard.inspect("the question before revoking");
  await dialog.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("Revoked grafana").waitFor();
  await page.getByText("No tokens yet").waitFor();
  assert.equal(await use("GET", "/api/status"), 401);
});

test("a one-time link signs in another browser", async (context) => {
  await using dashboard = await openDashboard(context, { noAuth: false });
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("401");
  await page.goto(dashboard.signInLink());
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await page.goto(`${url}/tokens`);
  await page.getByRole("button", { name: "Make a one-time link" }).click();
  const link = await page.getByLabel("One-time sign-in link").inputValue();
  await dashboard.inspect("a sign-in link");
  await page.context().clearCookies();
  await page.goto(url);
  await page.getByRole("heading", { name: "Sign in to tailherd" }).waitFor();
  await page.goto(link);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
});
