// The dry run of keywords and the list of what can be adopted: rows for people, who want to see also what is refused, and why.
import type { ExternalProcess, SpecProblem } from "../../contract/agent.ts";
import { displayName } from "./command-line.ts";
import { holdsKeywords, MAX_VICTIMS } from "./external-match.ts";
import type { ListenerTable } from "./listener-table.ts";
import type { ProcessStat, ProcessTable } from "./process-table.ts";
import type { Untouchable } from "./untouchable.ts";

/** Rows that are answered at most; `total` counts all. */
const MAX_ROWS = 200;

/** What the list is made from. */
export interface ExternalSources {
  table: ProcessTable;
  listeners: ListenerTable;
  untouchable: Untouchable;
  /** Unix milliseconds. */
  now: () => number;
}

/**
 * All processes whose command line holds the keywords; with no keywords all that have a command line and may be touched.
 * Newest first. One pass over all processes: for a person who asks, not for every interval.
 */
export function listExternal(
  keywords: readonly string[],
  sources: ExternalSources,
): { processes: ExternalProcess[]; total: number } {
  const found: { stat: ProcessStat; argv: string[] }[] = [];
  for (const stat of sources.table.all()) {
    if (stat.state === "Z" || stat.state === "X") continue;
    const argv = sources.table.argv(stat.pid) ?? [];
    if (argv.length === 0) continue;
    if (keywords.length > 0 && !holdsKeywords(argv.join(" "), keywords)) continue;
    found.push({ stat, argv });
  }
  found.sort((a, b) => b.stat.startTicks - a.stat.startTicks || b.stat.pid - a.stat.pid);
  sources.listeners.refresh("eager");
  const processes: ExternalProcess[] = [];
  let total = 0;
  for (const { stat, argv } of found) {
    const row = describeExternal(stat, argv, sources);
    if (row === undefined || (keywords.length === 0 && row.refused !== null)) continue;
    total += 1;
    if (processes.length < MAX_ROWS) processes.push(row);
  }
  return { processes, total };
}

/** One row; undefined when the process ended meanwhile. CPU is the mean since it started. */
export function describeExternal(
  stat: ProcessStat,
  argv: string[],
  sources: ExternalSources,
): ExternalProcess | undefined {
  const { table, listeners, untouchable } = sources;
  const owner = table.owner(stat.pid);
  if (owner === undefined) return undefined;
  const refusal = untouchable.refusal(stat, argv, owner);
  const created = table.createTime(stat.startTicks);
  const age = Math.max(1, sources.now() / 1000 - created);
  const command = argv.join(" ").trim();
  return {
    pid: stat.pid,
    ppid: stat.ppid,
    name: displayName(stat, command),
    cpu: Math.round((stat.cpuSeconds / age) * 1000) / 10,
    memory: stat.rss,
    create_time: created,
    command,
    user: owner.name,
    threads: stat.threads,
    argv,
    working_dir: table.workingDir(stat.pid) ?? null,
    ports: listeners.portsOf([stat]),
    refused: refusal?.reason ?? null,
    service: refusal?.service ?? null,
  };
}

/** What is wrong with keywords on this machine, before they are saved: they would hit too much, or what must not be hit. */
export function checkKeywords(keywords: readonly string[], sources: ExternalSources): SpecProblem[] {
  if (keywords.length === 0) return [];
  const path = "match_keywords";
  const { processes } = listExternal(keywords, sources);
  const victims = processes.filter((process) => process.refused === null);
  const problems: SpecProblem[] = [];
  if (victims.length > MAX_VICTIMS) {
    const message = `match ${victims.length} processes now, more than ${MAX_VICTIMS}; add a keyword that only this service has`;
    problems.push({ path, message, severity: "error" });
  }
  const ours = processes.find((process) => process.refused === "tailherd was started by it");
  if (ours !== undefined) {
    const message = `match ${ours.name} (pid ${ours.pid}), which tailherd was started by; add a keyword that only this service has`;
    problems.push({ path, message, severity: "error" });
  }
  return problems;
}
