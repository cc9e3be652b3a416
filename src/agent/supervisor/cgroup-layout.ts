// Finds the cgroups that this agent may use: v2 for keeping processes together (alone, or beside v1 in the hybrid layout), and for
// each limit the controller that can hold it, v2 where it is enabled, else v1.
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type Controller = "memory" | "cpu" | "pids";
const CONTROLLERS: Controller[] = ["memory", "cpu", "pids"];

/** Where the agent's own part of each hierarchy is. */
export interface CgroupLayout {
  /** v2 directory that holds the instances' cgroups. */
  unified: string;
  /** Controllers that v2 gives there. */
  v2: Set<Controller>;
  /** Directories in v1 hierarchies, by controller. */
  v1: Map<Controller, string>;
}

interface Mount {
  path: string;
  type: string;
  options: string[];
}

/** The layout, with directories made for the owner (a short name of the data directory); undefined when v2 is not writable. */
export function findCgroupLayout(owner: string): CgroupLayout | undefined {
  const mounts = readMounts();
  const own = readOwnCgroups();
  const unifiedMount = mounts.find((mount) => mount.type === "cgroup2");
  if (unifiedMount === undefined) return undefined;
  const unified = makeUnified(unifiedMount.path, own.get("") ?? "/", owner);
  if (unified === undefined) return undefined;
  const v2 = enableControllers(unified, unifiedMount.path);
  const v1 = new Map<Controller, string>();
  for (const controller of CONTROLLERS) {
    if (v2.has(controller)) continue;
    const mount = mounts.find((mount) => mount.type === "cgroup" && mount.options.includes(controller));
    // Below our own cgroup: whatever holds the agent back (a container's limit) must hold its services back too.
    const directory = mount && join(mount.path, own.get(controller) ?? "/", "tailherd", owner);
    if (directory !== undefined && tryMake(directory)) v1.set(controller, directory);
  }
  return { unified, v2, v1 };
}

function readMounts(): Mount[] {
  return readLines("/proc/self/mounts").flatMap((line) => {
    const [, path, type, options] = line.split(" ");
    return path === undefined || type === undefined ? [] : [{ path, type, options: options?.split(",") ?? [] }];
  });
}

/** Our own path by controller; "" is v2. */
function readOwnCgroups(): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of readLines("/proc/self/cgroup")) {
    const [, names, ...path] = line.split(":");
    for (const name of (names ?? "").split(",")) paths.set(name, path.join(":"));
  }
  return paths;
}

/**
 * The topmost cgroup above our own that we may write, for a service must not end with the agent's unit: the root for root, the
 * delegated user@….service for a systemd user.
 */
function makeUnified(mount: string, own: string, owner: string): string | undefined {
  let found: string | undefined;
  for (let path = own; ; path = dirname(path)) {
    if (isWritable(join(mount, path, "cgroup.procs"))) found = join(mount, path);
    if (path === "/" || path === ".") break;
  }
  if (found === undefined) return undefined;
  const directory = join(found, "tailherd", owner);
  return tryMake(directory) && canHold(directory) ? directory : undefined;
}

/** A cgroup that can be made may still refuse members (threaded, or beyond the delegation): try one with nothing in it. */
function canHold(directory: string): boolean {
  return existsSync(join(directory, "cgroup.kill")) && isWritable(join(directory, "cgroup.procs"));
}

function enableControllers(unified: string, mount: string): Set<Controller> {
  const enabled = new Set<Controller>();
  const path = [unified];
  while (path[0] !== undefined && path[0] !== mount && path[0] !== "/") path.unshift(dirname(path[0]));
  for (const controller of CONTROLLERS) {
    // A cgroup's controllers are what its parent hands down; the first step above ours may not be ours to change.
    for (const directory of path) {
      if (readLines(join(directory, "cgroup.subtree_control")).join(" ").split(" ").includes(controller)) continue;
      tryWrite(join(directory, "cgroup.subtree_control"), `+${controller}`);
    }
    const given = readLines(join(unified, "cgroup.subtree_control")).join(" ").split(" ");
    if (given.includes(controller)) enabled.add(controller);
  }
  return enabled;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trim().split("\n");
  } catch {
    return [];
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function tryMake(path: string): boolean {
  try {
    mkdirSync(path, { recursive: true });
    return isWritable(join(path, "cgroup.procs"));
  } catch {
    return false;
  }
}

function tryWrite(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    // Not handed down to us; what comes of it is read back.
  }
}

/** Removes a cgroup that has no members; one that still has some stays. */
export function removeCgroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // EBUSY: not empty yet. ENOENT: gone.
  }
}
