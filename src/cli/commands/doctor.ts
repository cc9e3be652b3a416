// `tailherd doctor`: looks at everything that usually goes wrong, and says what to do.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import type { Command } from "commander";
import { GIB } from "../../base/units.ts";
import type { ServerNode } from "../../contract/server.ts";
import { VERSION } from "../../runtime/version.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";
import type { Style } from "../output/style.ts";
import { readEnrolled, readLink } from "../link-file.ts";
import { formatBytes, formatTime } from "../output/values.ts";

/** One finding. `todo` says what to do about it when it is not ok. */
interface Finding {
  check: string;
  level: "ok" | "note" | "problem";
  words: string;
  todo?: string;
}

const NETWORK_FILESYSTEMS: Record<number, string> = { 0x6969: "NFS", 0xff534d42: "CIFS", 0x517b: "SMB" };

export function define(command: Command, context: Context): void {
  command.addHelpText("after", "\nExit 1 when there is a problem. Changes nothing.").action(async () => {
    // An agent's directory has its hub elsewhere; asked for is one only when it was named.
    const agent = checkAgentDir(context.dataDir);
    const hub = agent.length > 0 && context.client().address.kind === "socket" ? [] : await checkHub(context);
    const reachable = hub[0]?.level === "ok" || agent.length > 0;
    const findings = [
      checkNode(),
      ...agent,
      ...hub,
      checkDataDir(context),
      checkDisk(context),
      ...(reachable ? [] : [await checkPort()]),
      checkCgroups(),
      checkTools(),
    ];
    const problems = findings.filter((finding) => finding.level === "problem").length;
    if (problems > 0) context.exitCode = 1;
    await context.emit(findings, () => findings.flatMap((finding) => lines(context.style, finding)).join("\n"));
    if (problems === 0) context.note("Nothing is wrong.");
  });
}

function lines(style: Style, { check, level, words, todo }: Finding): string[] {
  const marks = { ok: style.green("ok     "), note: style.yellow("note   "), problem: style.red("problem") };
  const first = `${marks[level]}  ${style.bold(check.padEnd(10))}  ${words}`;
  return todo === undefined || level === "ok" ? [first] : [first, `${" ".repeat(21)}${style.dim(todo)}`];
}

function checkNode(): Finding {
  return { check: "program", level: "ok", words: `tailherd ${VERSION} on Node ${process.versions.node}` };
}

async function checkHub(context: Context): Promise<Finding[]> {
  const client = context.client();
  try {
    const health = await client.call("GET /health", { timeout: 5000 });
    const found: Finding[] = [
      {
        check: "hub",
        level: "ok",
        words: `${client.where} answers: ${health.services_count} services, version ${health.version}`,
      },
    ];
    if (health.version !== VERSION) {
      found.push({
        check: "version",
        level: "note",
        words: `the hub is ${health.version}, this command ${VERSION}`,
        todo: "Restart the hub after an upgrade; services go on meanwhile.",
      });
    }
    for (const problem of health.problems) {
      found.push({
        check: "health",
        level: "problem",
        words: problem,
        todo: "The hub goes on reading; give it what it lacks.",
      });
    }
    const who = await client.call("GET /api/whoami");
    found.push({
      check: "you",
      level: who.role === null ? "problem" : "ok",
      words: `${who.name}: ${who.role ?? "no role"} (${who.reason})`,
    });
    if (who.role !== null) found.push(await checkAgent(context), ...(await checkServers(context)));
    return found;
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    return [{ check: "hub", level: "problem", words: error.message, todo: error.hints.join(" ") }];
  }
}

/** Servers that are not as they should be; nothing of a fleet of one. */
async function checkServers(context: Context): Promise<Finding[]> {
  let servers: ServerNode[];
  try {
    servers = await context.client().call("GET /api/servers");
  } catch (error) {
    // An older hub has none; its agent has been asked already.
    if (error instanceof CliFailure) return [];
    throw error;
  }
  if (servers.length < 2) return [];
  const away = servers.filter(({ state }) => state === "late" || state === "offline").map(({ name }) => name);
  const check = "servers";
  if (away.length === 0) return [{ check, level: "ok", words: `${servers.length}, none is late or offline` }];
  const words = `${away.length} of ${servers.length} not heard of: ${away.slice(0, 10).join(", ")}`;
  return [{ check, level: "problem", words, todo: `On it: tailherd doctor. Here: tailherd servers show ${away[0]}` }];
}

/** The link of the agent whose directory this is; nothing where it is none. */
function checkAgentDir(dataDir: string): Finding[] {
  const enrolled = readEnrolled(dataDir);
  if (enrolled === undefined) return [];
  const { hub_url, name } = enrolled;
  const found: Finding[] = [{ check: "enrolled", level: "ok", words: `"${name}" of the hub at ${hub_url}` }];
  const pid = runningPid(dataDir);
  if (pid === undefined) {
    const todo = "Start it: tailherd agent, or as a unit: tailherd service install --agent. Services go on meanwhile.";
    return [...found, { check: "link", level: "problem", words: "the agent does not run", todo }];
  }
  const link = readLink(dataDir);
  const since = link === undefined ? "" : ` since ${formatTime(link.since)}`;
  if (link?.state === "linked") return [...found, { check: "link", level: "ok", words: `open${since} (pid ${pid})` }];
  return [
    ...found,
    {
      check: "link",
      level: "problem",
      words: link?.reason == null ? `none yet (pid ${pid})` : `none${since}: ${link.reason}`,
      todo: "Services go on meanwhile. Does the hub run, and is it reached from here? Has the key been taken back (join-token --for)?",
    },
  ];
}

function runningPid(dataDir: string): number | undefined {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(`${dataDir}/hub.pid`, "utf8"), 10);
  } catch {
    return undefined;
  }
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? pid : undefined;
  }
}

async function checkAgent(context: Context): Promise<Finding> {
  try {
    const statuses = await context.client().call("GET /api/status");
    await context.client().call("GET /api/ports");
    const fatal = statuses.filter((status) => status.state === "fatal").map((status) => status.name);
    if (fatal.length === 0) return { check: "agent", level: "ok", words: "answers; no service has given up" };
    return {
      check: "services",
      level: "problem",
      words: `given up: ${fatal.join(", ")}`,
      todo: `Why: tailherd show ${fatal[0]}`,
    };
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    return {
      check: "agent",
      level: "problem",
      words: error.message,
      todo: "Restart the hub; services go on meanwhile.",
    };
  }
}

function checkDataDir(context: Context): Finding {
  const check = "data";
  const directory = context.dataDir;
  if (!existsSync(directory)) {
    return { check, level: "note", words: `${directory} does not exist yet`, todo: "tailherd up makes it." };
  }
  const stat = statSync(directory);
  const others = (stat.mode & 0o077).toString(8).padStart(3, "0");
  if ((stat.mode & 0o077) !== 0) {
    return {
      check,
      level: "problem",
      words: `${directory} is open to others (mode …${others})`,
      todo: `chmod 700 ${directory}`,
    };
  }
  const mine = process.getuid?.() === stat.uid;
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return {
      check,
      level: "problem",
      words: `${directory} cannot be written by you`,
      todo: `It belongs to uid ${stat.uid}; use that account.`,
    };
  }
  return { check, level: "ok", words: `${directory}, ${mine ? "yours alone" : `of uid ${stat.uid}`}` };
}

function checkDisk(context: Context): Finding {
  const check = "disk";
  let directory = context.dataDir;
  while (!existsSync(directory)) directory = directory.slice(0, directory.lastIndexOf("/")) || "/";
  const disk = statfsSync(directory);
  const free = disk.bavail * disk.bsize;
  const words = `${formatBytes(free)} free for ${directory}`;
  const remote = NETWORK_FILESYSTEMS[disk.type];
  if (remote !== undefined) {
    return {
      check,
      level: "problem",
      words: `${words}, on ${remote}`,
      todo: "Databases break on network filesystems: use a local --data-dir.",
    };
  }
  if (free < GIB / 4)
    return { check, level: "problem", words, todo: "Make room: without it output is dropped and changes are refused." };
  return { check, level: free < 2 * GIB ? "note" : "ok", words, todo: "That is not much for output and history." };
}

async function checkPort(): Promise<Finding> {
  const check = "port";
  const port = 8765;
  return await new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve({
        check,
        level: "problem",
        words: `127.0.0.1:${port} cannot be listened on: ${error.code ?? error.message}`,
        todo: "See who has it (ss -ltnp), or use another one: tailherd up --listen 127.0.0.1:PORT",
      });
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => resolve({ check, level: "ok", words: `127.0.0.1:${port} is free` }));
    });
  });
}

function checkCgroups(): Finding {
  const check = "cgroups";
  if (process.platform !== "linux") {
    return {
      check,
      level: "note",
      words: "not on this system",
      todo: "Stops fall back to process groups; limits are refused.",
    };
  }
  const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified";
  if (!existsSync(`${root}/cgroup.controllers`)) {
    return {
      check,
      level: "note",
      words: "no cgroup v2 here",
      todo: "Stops fall back to process groups; limits are refused.",
    };
  }
  const controllers = readFileSync(`${root}/cgroup.controllers`, "utf8").trim();
  if (!writable(root) && !delegated(root)) {
    return {
      check,
      level: "note",
      words: `${root} is not yours`,
      todo: "Run as root, or as a unit with Delegate=yes: tailherd service install",
    };
  }
  if (controllers === "") {
    return {
      check,
      level: "note",
      words: `v2 at ${root} without controllers`,
      todo: "Stops are complete; limits are refused or done by v1.",
    };
  }
  return { check, level: "ok", words: `v2 at ${root}: ${controllers}` };
}

function delegated(root: string): boolean {
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1];
  return own !== undefined && writable(root + own);
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function checkTools(): Finding {
  const check = "tools";
  const wanted = process.platform === "linux" ? ["setsid", "fallocate"] : [];
  const missing = wanted.filter(
    (tool) => spawnSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" }).status !== 0,
  );
  if (missing.length === 0) return { check, level: "ok", words: "everything the agent uses is here" };
  return {
    check,
    level: "note",
    words: `missing: ${missing.join(", ")}`,
    todo: "They come with util-linux; slower ways are used without.",
  };
}
