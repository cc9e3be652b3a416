// Somebody comes without a session, then by a one-time link.
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";

test("without a session the page says how to get in; a link signs in, once", async (context) => {
  await using dashboard = await openDashboard(context, { noAuth: false });
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("401");
  await page.goto(url);
  await page.getByRole("heading", { name: "Sign in to tailherd" }).waitFor();
  await dashboard.inspect("sign in");
  const link = dashboard.signInLink();
  await page.goto(link);
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await page.context().clearCookies();
  await page.goto(link);
  await page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  await dashboard.inspect("a used link");
});
