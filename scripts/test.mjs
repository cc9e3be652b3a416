// `npm test`: installs what is missing (also Debian's packages that tests start, when root), then runs every check there is.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureInstalled, findNode, root, run } from "./toolchain.mjs";

/** Programs that tests drive, and the Debian packages that bring them. */
const PACKAGES = {
  chromium: "chromium",
  nginx: "nginx-light",
  "redis-server": "redis-server",
  python3: "python3-minimal",
  prometheus: "prometheus",
  ip: "iproute2",
  curl: "curl",
};

function installPrograms() {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const missing = Object.entries(PACKAGES).filter(
    ([program]) => spawnSync("which", [program], { env: { ...process.env, PATH: path } }).status !== 0,
  );
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  if (process.getuid?.() !== 0 || spawnSync("which", ["apt-get"]).status !== 0) {
    process.stderr.write(
      `Tests that need them are skipped: ${names.join(", ")} (install them, or run as root on Debian)\n`,
    );
    return;
  }
  process.stderr.write(`Installing ${names.join(", ")}…\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: ["ignore", "ignore", 2], env });
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], {
    stdio: ["ignore", "ignore", 2],
    env,
  });
}

ensureInstalled();
installPrograms();
process.exit(await run(findNode(), [join(root, "scripts", "check.ts"), ...process.argv.slice(2)]));
