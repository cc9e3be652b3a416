// The least a supervisor can be in Node: spawn, append output to a file, spawn again on "exit". Told what to do by node-spawner.ts.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";

const directory = process.argv[2];
const children = new Map();
let stopping = false;

function launch({ name, file }, log) {
  const child = spawn(file, [], { stdio: ["ignore", "pipe", "pipe"] });
  children.set(name, child);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.on("exit", () => {
    children.delete(name);
    if (!stopping) launch({ name, file }, log);
    else if (children.size === 0) process.send("stopped");
  });
}

process.on("message", ({ act, programs }) => {
  if (act === "start") {
    for (const program of programs)
      launch(program, createWriteStream(join(directory, `${program.name}.out`), { flags: "a" }));
    process.send("started");
  } else {
    stopping = true;
    for (const child of children.values()) child.kill("SIGTERM");
  }
});
process.on("disconnect", () => process.exit(0));
process.send("ready");
