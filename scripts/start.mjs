// `npm start`: installs what is missing, builds when stale, and runs `tailherd up` with the arguments given after `--`.
import { join } from "node:path";
import { ensureInstalled, findNode, root, run } from "./toolchain.mjs";

ensureInstalled();
const node = findNode();
const built = await run(node, [join(root, "scripts", "build.ts"), "--if-stale"]);
if (built !== 0) process.exit(built);
process.exit(
  await run(node, [join(root, "dist", "tailherd.js"), "up", ...process.argv.slice(2)], { cwd: process.cwd() }),
);
