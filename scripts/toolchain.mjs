// What `npm start` and `npm test` need before anything of the project can run: plain JavaScript for the system's own Node (20 or newer).
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs `npm ci` when node_modules is missing or older than the lock file; npm writes its own list of what it installed. */
export function ensureInstalled() {
  const installed = statSync(join(root, "node_modules", ".package-lock.json"), { throwIfNoEntry: false });
  if (installed !== undefined && installed.mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs) return;
  process.stderr.write("Installing dependencies (npm ci)…\n");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.status === 0) return;
  process.stderr.write("Cannot install dependencies: npm ci failed. Look at its words above, then try again.\n");
  process.exit(npm.status ?? 1);
}

/** Path of a Node 24 or newer: the pinned one of node_modules, else the one that runs this. */
export function findNode() {
  const pinned = join(root, "node_modules", ".bin", "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Cannot run tailherd: it needs Node 24 or newer, this is ${process.version}, and npm has no Node package for ${process.platform}-${process.arch}. Install Node 24.\n`,
  );
  return process.exit(1);
}

/** Runs a command in the project with the pinned Node first on the path; resolves to its exit code. Signals are passed on. */
export function run(command, args, options = {}) {
  const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(":");
  const child = spawn(command, args, {
    stdio: "inherit",
    cwd: root,
    ...options,
    env: { ...process.env, PATH: path, ...options.env },
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(signal === null ? code : 128));
  });
}
