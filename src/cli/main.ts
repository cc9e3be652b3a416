// The program's first lines: only what must come before everything else, so that `tailherd ps` starts in milliseconds.
import nodeModule from "node:module";
import process from "node:process";
import { compileCacheDirectory } from "./compile-cache.ts";
import { becomeSmall } from "./small-process.ts";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(`tailherd: Cannot run on Node ${process.versions.node}: Node 24 or newer is needed.\n`);
  process.exit(1);
}

becomeSmall(process);

const cache = compileCacheDirectory(process.env);
if (cache !== undefined) nodeModule.enableCompileCache(cache);

const { ignoreClosedPipe, run } = await import("./program.ts");
// For as long as the process lives: a closed pipe is told after the command has written its last.
for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
process.exitCode = await run(process.argv.slice(2));
