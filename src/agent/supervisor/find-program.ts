// Where a program is: as the shell would find it on a PATH.
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";

const TOOL_PATH = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin";

/** Path of one of the system's tools, or undefined. */
export function findTool(name: string): string | undefined {
  const found = findProgram(name, TOOL_PATH, "/");
  return found.outcome === "found" ? found.path : undefined;
}

export type FoundProgram =
  | { outcome: "found"; path: string }
  | { outcome: "missing" }
  | { outcome: "not_executable"; path: string };

/** Looks a program up; one with a slash in its name is taken as a path from `directory`. */
export function findProgram(name: string, searchPath: string, directory: string): FoundProgram {
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : resolve(directory, name)]
    : searchPath.split(":").map((entry) => join(entry === "" ? directory : entry, name));
  let refused: string | undefined;
  for (const path of candidates) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    try {
      accessSync(path, constants.X_OK);
      return { outcome: "found", path };
    } catch {
      refused ??= path;
    }
  }
  return refused === undefined ? { outcome: "missing" } : { outcome: "not_executable", path: refused };
}
