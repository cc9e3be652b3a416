// Somebody brings along the files of the program that tailherd succeeds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDashboard } from "../support/browser.ts";

const FILES = join(import.meta.dirname, "../fixtures/predecessor");
const file = (name: string, content: string | Buffer = readFileSync(join(FILES, name))) => ({
  name,
  mimeType: "application/json",
  buffer: Buffer.from(content),
});

test("the three files are recognised, previewed, and taken over whole", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  const services = JSON.parse(file("services_config.json").buffer.toString("utf8")) as { name: string }[];
  await page.goto(`${url}/import`);
  const files = page.getByLabel("Files to import");
  await files.setInputFiles([file("services_config.json"), file("settings.json"), file("notes.json", "[1, 2")]);
  const chosen = page.getByRole("list", { name: "Chosen files" });
  await chosen.getByText("3 services").waitFor();
  await chosen.getByText(/not used: it is not JSON/).waitFor();
  await page.getByRole("button", { name: "Remove notes.json" }).click();
  await files.setInputFiles([file("servers.json")]);
  await chosen.getByText("1 server").waitFor();
  await page.getByText("Adds 3 services: FastAPI Backend, Web Frontend, Müllwerk worker 2").waitFor();
  await page.getByText("Keeps 1 server.").waitFor();
  await page.getByText("Takes over the settings, with their scheduled tasks.").waitFor();
  assert.deepEqual(await dashboard.api("GET /api/services"), []);
  await dashboard.inspect("import, before it is done");

  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("Imported 3 services").waitFor();
  await page.getByRole("row", { name: /Müllwerk worker 2/ }).waitFor();
  const settings = (await dashboard.api("GET /api/settings")) as { default_tailscale_domain: string };
  assert.equal(settings.default_tailscale_domain, "100.88.23.90");

  const again = services.map((one) => (one.name === "Web Frontend" ? { ...one, description: "Newer" } : one));
  await page.goto(`${url}/import`);
  await files.setInputFiles([file("services_config.json", JSON.stringify(again))]);
  await page.getByText("Leaves FastAPI Backend alone: it is already so").waitFor();
  await page.getByText("Leaves Web Frontend alone: a service of that name exists").waitFor();
  await page.getByLabel("Replace services that are here already").check();
  await page.getByText("Replaces 1 service: Web Frontend").waitFor();
});

test("a file with mistakes says where, and nothing of it is taken", async (context) => {
  await using dashboard = await openDashboard(context);
  if (dashboard === undefined) return;
  const { page, url } = dashboard;
  dashboard.expectConsole("422");
  await page.goto(`${url}/import`);
  const services = [
    { name: "good", start_cmd: "sleep 1" },
    { name: "bad", start_cmd: "sleep 1", ports: [99_999] },
  ];
  await page.getByLabel("Files to import").setInputFiles([file("services_config.json", JSON.stringify(services))]);
  await page.getByText(/services\.1\.ports\.0/).waitFor();
  await dashboard.inspect("a file with mistakes");
  assert.deepEqual(await dashboard.api("GET /api/services"), []);
});
