// What this machine thinks of a definition before it is saved: read only, as of now.
import type { SpecProblem } from "../../contract/agent.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import { checkProblems } from "../checks/check-problems.ts";
import { checkKeywords, type ExternalSources } from "../processes/external-list.ts";
import type { SampledInstance } from "../sampler/sampler.ts";
import type { Containment } from "./containment.ts";
import { findProgram } from "./find-program.ts";
import { directoryProblem } from "./launch-failure.ts";
import { buildLaunch } from "./launch-script.ts";
import { readSecrets } from "./secrets.ts";
import { programOf } from "./shell-words.ts";

export interface CheckSources {
  containment: Containment;
  external: ExternalSources;
  /** What runs now, or has its sockets held: its ports are not a stranger's. */
  running: SampledInstance[];
}

/** Problems with directory, user, env_file, secrets, command, limits, keywords and ports. */
export function checkSpec(spec: ServiceSpec, sources: CheckSources): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const add = (path: string, message: string, severity: SpecProblem["severity"] = "error"): void =>
    void problems.push({ path, message, severity });
  if (spec.start_cmd !== null || spec.argv !== null) {
    const launch = buildLaunch(spec, 0, "check", { stdoutFile: "/dev/null", stderrFile: "/dev/null" });
    if (!launch.ok) add(launch.path, launch.words);
    else {
      const directory = directoryProblem(spec);
      if (directory !== undefined) add("working_dir", directory);
      checkProgram(spec, launch.env.PATH ?? "", launch.directory, add);
    }
    if (launch.ok) {
      for (const { index, words } of readSecrets(spec, launch.env).problems) add(`secrets.${index}`, words, "warning");
      problems.push(...checkProblems(spec, launch));
    }
  } else if (spec.checks.length > 0) {
    add("checks", "nothing is checked of a service that something else starts", "warning");
  }
  const limit = sources.containment.problem(spec.limits);
  if (limit !== undefined) add(limit.path, limit.words);
  problems.push(...checkKeywords(spec.match_keywords, sources.external));
  problems.push(...takenPorts(spec, sources));
  return problems;
}

type Add = (path: string, message: string, severity?: SpecProblem["severity"]) => void;

function checkProgram(spec: ServiceSpec, path: string, directory: string, add: Add): void {
  const field = spec.argv === null ? "start_cmd" : "argv";
  const program = spec.argv === null ? programOf(spec.start_cmd ?? "") : spec.argv[0];
  // A line that is more than one command is the shell's business.
  if (program === undefined) return;
  const found = findProgram(program, path, directory);
  if (found.outcome === "missing") {
    const where = program.includes("/") ? "no such file" : `not found on the service's PATH (${path})`;
    add(field, `command ${program}: ${where}`);
  } else if (found.outcome === "not_executable") {
    add(field, `command ${found.path}: permission denied (it is not executable)`);
  }
}

/** Where it will listen, by the path in its definition; `host`: null where the program decides. */
function placesOf({ ports, sockets }: ServiceSpec): { path: string; port: number; host: string | null }[] {
  const held = sockets.map(({ host, port }, at) => ({ path: `sockets.${at}.port`, port, host }));
  const own = ports.map((port, at) => ({ path: `ports.${at}`, port, host: null }));
  return [...own.filter(({ port }) => !held.some((socket) => socket.port === port)), ...held];
}

const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

/** Listeners on its ports; those of the service itself are as they should be. */
function takenPorts(spec: ServiceSpec, sources: CheckSources): SpecProblem[] {
  const places = placesOf(spec);
  if (places.length === 0) return [];
  const { listeners, table } = sources.external;
  listeners.refresh("force");
  return places.flatMap(({ path, port, host }) => {
    const meets = (address: string): boolean =>
      host === null || address === host || ANY_ADDRESS.has(address) || ANY_ADDRESS.has(host);
    const sockets = listeners.onPort(port).filter(({ address }) => meets(address));
    if (sockets.length === 0) return [];
    const holders = listeners.findHolders(new Set(sockets.map((socket) => socket.inode)), table.pids());
    const pids = [...new Set(holders.values())];
    const own = sources.running.some(
      (one) => one.service === spec.name && pids.some((pid) => isBelow(pid, one, table)),
    );
    if (own) return [];
    const [pid] = pids;
    const who =
      pid === undefined ? "another process" : `pid ${pid} (${(table.argv(pid) ?? []).join(" ").slice(0, 80)})`;
    return [
      {
        path,
        message: `port ${port} is taken by ${who}`,
        severity: "warning" as const,
      },
    ];
  });
}

function isBelow(pid: number, instance: SampledInstance, table: ExternalSources["table"]): boolean {
  for (let one: number | undefined = pid; one !== undefined && one > 1; one = table.stat(one)?.ppid) {
    if (instance.pids.includes(one) || instance.holders?.includes(one) === true) return true;
  }
  return false;
}
