// Somebody starts tailherd for the first time: the link, the welcome, the first service.
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";

test("the first sign-in leads to the welcome, and from there to the first service", async (context) => {
  await using dashboard = await openDashboard(context, { noAuth: false });
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  await page.goto(dashboard.signInLink());
  await page.getByRole("heading", { name: "Welcome" }).waitFor();
  await page.getByText(/^\d+ cores?, .* GB of memory/).waitFor();
  await dashboard.inspect("welcome");

  await page.getByRole("link", { name: "Add a service" }).click();
  await page.getByLabel("Name", { exact: true }).fill("first");
  await page.getByLabel("Command", { exact: true }).fill("sleep 1000");
  await page.getByRole("button", { name: "Add and start" }).click();
  await page.getByRole("heading", { level: 1, name: "first" }).waitFor();

  await page.goto(`${url}/welcome`);
  await page.getByText("Done: 1 service.").waitFor();
  await page.getByRole("link", { name: "To the overview", exact: true }).click();
  await page.getByRole("row", { name: /running.*first/ }).waitFor();
});

test("a sign-in where services are leads to them", async (context) => {
  await using dashboard = await openDashboard(context, { noAuth: false });
  if (dashboard === undefined) return;
  await dashboard.add({ name: "here", start_cmd: "sleep 1" });
  await dashboard.page.goto(dashboard.signInLink());
  await dashboard.page.getByRole("row", { name: /stopped.*here/ }).waitFor();
});
