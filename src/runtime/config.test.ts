import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { loadConfig, single, type Config, type ConfigSection } from "./config.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tailherd-config-"));
  for (const directory of ["project/deep", "xdg/tailherd", "etc"])
    mkdirSync(join(root, directory), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

async function load(flags: ConfigSection = {}, env: NodeJS.ProcessEnv = {}): Promise<Config> {
  return await loadConfig({
    flags,
    env: { XDG_CONFIG_HOME: join(root, "xdg"), ...env },
    cwd: join(root, "project/deep"),
    machineDir: join(root, "etc"),
    readSection: async (_, text) => (JSON.parse(text) as { config: ConfigSection }).config,
  });
}

const write = (path: string, hub: string): void => writeFileSync(join(root, path), JSON.stringify({ config: { hub } }));

test("flag wins over environment, over the project, over the user, over the machine", async () => {
  const path = (name: string): string => join(root, name, "tailherd.yaml");
  write("etc/tailherd.yaml", "machine");
  assert.deepEqual((await load()).values.hub, { value: "machine", from: path("etc") });
  write("xdg/tailherd/tailherd.yaml", "user");
  assert.deepEqual((await load()).values.hub, { value: "user", from: path("xdg/tailherd") });
  write("project/tailherd.yaml", "project");
  assert.deepEqual((await load()).values.hub, { value: "project", from: path("project") });
  assert.deepEqual((await load({}, { TAILHERD_HUB: "env" })).values.hub, { value: "env", from: "TAILHERD_HUB" });
  assert.deepEqual((await load({ hub: "flag" }, { TAILHERD_HUB: "env" })).values.hub, { value: "flag", from: "--hub" });
});

test("a file that others may write is left alone, and said to be", async () => {
  write("project/tailherd.yaml", "evil");
  chmodSync(join(root, "project/tailherd.yaml"), 0o666);
  const config = await load();
  assert.equal(config.values.hub, undefined);
  assert.equal(config.sources[0]?.state, "untrusted");
});

test("a file without a config section is not parsed", async () => {
  writeFileSync(join(root, "project/tailherd.yaml"), "services: {web: {command: x}}\n");
  assert.equal((await load()).sources[0]?.state, "found");
});

test("the data directory has a default, and TAILHERD_LISTEN is a list", async () => {
  const config = await load({}, { XDG_STATE_HOME: "/state", TAILHERD_LISTEN: "127.0.0.1:1,[::1]:2" });
  assert.deepEqual(config.values.data_dir, { value: "/state/tailherd", from: "default" });
  assert.deepEqual(config.values.listen?.value, ["127.0.0.1:1", "[::1]:2"]);
  assert.equal(single(config.values.listen), "127.0.0.1:1");
});
