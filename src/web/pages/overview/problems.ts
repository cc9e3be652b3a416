// What needs a person, as pure sentences: root causes first, one for each server and service, with the buttons that end it.
import type { RouteResult } from "../../../contract/routes.ts";
import type { ServerNode } from "../../../contract/server.ts";
import type { InstanceStatus, ServiceStatus } from "../../../contract/status.ts";
import { MINUTE } from "../../../base/units.ts";

/** Answer of `GET /api/port-conflicts`. */
export type PortConflicts = RouteResult<"GET /api/port-conflicts">;

/** A piece of a sentence: plain, a name, something quoted as written, a time or a due time that keep themselves true. */
export type Piece = string | { name: string } | { quote: string } | { time: number } | { due: number };

/** What a button of a problem does. */
export type Remedy = "start" | "restart" | "stop" | "output" | "definition" | "history" | "server" | "server-events";

export interface Problem {
  /** Stable while the problem is the same. */
  key: string;
  /** Null for a server's own problem. */
  service: string | null;
  /** Name of the server that it is about. */
  server: string | null;
  tone: "bad" | "warn";
  /** The word beside the mark. */
  word: string;
  /** Shape of the mark. */
  mark: InstanceStatus["state"];
  sentence: Piece[];
  /** The first one is the primary. */
  remedies: { remedy: Remedy; label: string }[];
}

/** An out-of-memory kill is told this long after the service runs again. */
const TELL_OOM_FOR = 30 * MINUTE;
/** So many restarts in a row within the time count as flapping although it runs just now. */
const FLAPPING_RESTARTS = 3;
const FLAPPING_WITHIN = 5 * MINUTE;

/**
 * All problems, gravest first. A server that is offline is one; what its services said before it went is none of its own.
 * `now` in Unix milliseconds of the hub.
 */
export function findProblems(
  all: readonly ServiceStatus[],
  servers: readonly ServerNode[],
  conflicts: PortConflicts | undefined,
  now: number,
): Problem[] {
  const gone = servers.filter(({ state, revoked }) => state === "offline" && !revoked);
  const services = withoutServers(all, new Set(servers.flatMap(({ id, state }) => (state === "offline" ? id : []))));
  const strangers = new Map<string, NonNullable<typeof conflicts>["strangers"][number]>();
  for (const stranger of conflicts?.strangers ?? []) strangers.set(stranger.service, stranger);
  const bad: Problem[] = [];
  const warn: Problem[] = [];
  for (const service of services) {
    const problem = problemOf(service, strangers.get(service.name), now);
    if (problem !== null) (problem.tone === "bad" ? bad : warn).push(problem);
  }
  for (const [port, names] of Object.entries(conflicts?.conflicts ?? {})) {
    const [first] = names;
    if (first === undefined || bad.some(({ service }) => service !== null && names.includes(service))) continue;
    warn.push({
      key: `port:${port}`,
      service: first,
      server: null,
      tone: "warn",
      word: "port",
      mark: "unhealthy",
      sentence: [`Port ${port} is declared by `, ...listed(names), ". Only one of them can have it."],
      remedies: names.slice(0, 1).map(() => ({ remedy: "definition", label: `Edit ${first}` })),
    });
  }
  bad.sort((a, b) => Number(b.mark === "fatal") - Number(a.mark === "fatal"));
  return [...gone.map(offlineProblem), ...bad, ...warn];
}

/** Services without their instances on these servers; those that were nowhere else are left out. */
function withoutServers(services: readonly ServiceStatus[], gone: ReadonlySet<string>): readonly ServiceStatus[] {
  if (gone.size === 0) return services;
  return services.flatMap((service) => {
    const instances = service.instances.filter(({ server_id }) => !gone.has(server_id));
    if (instances.length === service.instances.length) return [service];
    if (instances.length === 0) return [];
    // Its state spoke for the instances that are left out, too.
    const state =
      service.state === "fatal" && !instances.some((each) => each.state === "fatal") ? "running" : service.state;
    return [{ ...service, instances, state }];
  });
}

function offlineProblem({ id, name, kind, services, last_seen }: ServerNode): Problem {
  const inside =
    services.length === 0
      ? ""
      : kind === "bare"
        ? ` It runs ${services.length === 1 ? services[0] : `${services.length} services`}.`
        : ` ${services.length === 1 ? `${services[0]} goes` : `Its ${services.length} services go`} on there if the machine lives; what happens is told later.`;
  return {
    key: `server:${id}`,
    service: null,
    server: name,
    tone: "bad",
    word: "offline",
    mark: "unhealthy",
    sentence: [
      ...(last_seen === null ? ["Never heard."] : ["Heard last ", { time: Date.parse(last_seen) }, "."]),
      inside,
    ],
    remedies: [
      { remedy: "server", label: "Open" },
      { remedy: "server-events", label: "What happened" },
    ],
  };
}

function problemOf(
  service: ServiceStatus,
  stranger: PortConflicts["strangers"][number] | undefined,
  now: number,
): Problem | null {
  const worst = (state: InstanceStatus["state"]): InstanceStatus | undefined =>
    service.instances.find((instance) => instance.state === state);
  const fatal = worst("fatal");
  if (service.state === "fatal" || fatal !== undefined) return fatalProblem(service, fatal, stranger);
  const backoff = worst("backoff");
  if (backoff !== undefined) return backoffProblem(service, backoff, stranger);
  const unhealthy = worst("unhealthy");
  if (unhealthy !== undefined) {
    return {
      ...head(service, "warn", "unhealthy", "unhealthy"),
      sentence: [
        sentenceOf(unhealthy.reason ?? "A check fails"),
        " It began ",
        { time: Date.parse(unhealthy.since) },
        ".",
      ],
      remedies: [
        { remedy: "restart", label: "Restart" },
        { remedy: "output", label: "Output" },
      ],
    };
  }
  return (
    exitedProblem(service) ??
    strangerProblem(service, stranger) ??
    unreadyProblem(service) ??
    oomProblem(service, now) ??
    flappingProblem(service, now) ??
    nowhereProblem(service) ??
    outdatedProblem(service)
  );
}

function fatalProblem(
  service: ServiceStatus,
  instance: InstanceStatus | undefined,
  stranger: PortConflicts["strangers"][number] | undefined,
): Problem {
  const reason = instance?.reason ?? service.reason ?? "It cannot run";
  return {
    ...head(service, "bad", "fatal", "fatal"),
    sentence: [sentenceOf(reason), ...gaveUp(instance), ...lastLine(instance), ...heldBy(stranger)],
    remedies: [
      { remedy: "start", label: "Try again" },
      { remedy: "output", label: "Output" },
      { remedy: "definition", label: "Edit" },
    ],
  };
}

function backoffProblem(
  service: ServiceStatus,
  instance: InstanceStatus,
  stranger: PortConflicts["strangers"][number] | undefined,
): Problem {
  const next = instance.next_start_at;
  return {
    ...head(service, "bad", "keeps ending", "backoff"),
    sentence: [
      sentenceOf(instance.reason ?? instance.last_exit?.message ?? "It ended"),
      ...(next === null ? [] : [" Next try ", { due: Date.parse(next) }, "."]),
      ...lastLine(instance),
      ...heldBy(stranger),
    ],
    remedies: [
      { remedy: "output", label: "Output" },
      { remedy: "start", label: "Try now" },
      { remedy: "stop", label: "Stop" },
    ],
  };
}

function exitedProblem(service: ServiceStatus): Problem | null {
  const exited = service.instances.find(
    (instance) => instance.state === "exited" && (service.desired === "running" || instance.last_exit?.code !== 0),
  );
  const exit = exited?.last_exit;
  // Ended in peace, by its own policy: nothing to do for anybody.
  if (exited === undefined || exit === null || exit === undefined || exit.code === 0) return null;
  return {
    ...head(service, "warn", "ended", "exited"),
    sentence: [
      began(exit.message),
      ", ",
      { time: Date.parse(exit.ended_at) },
      ". Its policy leaves it so.",
      ...lastLine(exited),
    ],
    remedies: [
      { remedy: "start", label: "Start" },
      { remedy: "output", label: "Output" },
    ],
  };
}

function strangerProblem(
  service: ServiceStatus,
  stranger: PortConflicts["strangers"][number] | undefined,
): Problem | null {
  if (stranger === undefined || service.state === "external") return null;
  return {
    ...head(service, "warn", "port", "unhealthy"),
    sentence: [`Its port ${stranger.port} is taken`, ...heldBy(stranger).slice(1)],
    remedies: [{ remedy: "definition", label: "Edit" }],
  };
}

/** A readiness check fails; one that has only not been looked at yet is nobody's business. */
function unreadyProblem(service: ServiceStatus): Problem | null {
  const unready = service.instances.find(
    ({ state, checks }) => state === "running" && checks.some((check) => isUnready(check)),
  );
  const check = unready?.checks.find((each) => isUnready(each));
  if (unready === undefined || check === undefined) return null;
  return {
    ...head(service, "warn", "not ready", "unhealthy"),
    sentence: [
      `It runs, but its check ${check.name} fails: ${check.reason ?? "no reason was given"}. It began `,
      { time: Date.parse(check.since) },
      ".",
    ],
    remedies: [
      { remedy: "output", label: "Output" },
      { remedy: "restart", label: "Restart" },
    ],
  };
}

function isUnready({ role, state }: InstanceStatus["checks"][number]): boolean {
  return role === "readiness" && state === "failing";
}

function oomProblem(service: ServiceStatus, now: number): Problem | null {
  const exit = service.instances.map((instance) => instance.last_exit).find((last) => last?.cause === "oom");
  if (exit === null || exit === undefined || now - Date.parse(exit.ended_at) > TELL_OOM_FOR) return null;
  return {
    ...head(service, "warn", "memory", "unhealthy"),
    sentence: [began(exit.message), ", ", { time: Date.parse(exit.ended_at) }, ". It runs again."],
    remedies: [
      { remedy: "history", label: "History" },
      { remedy: "definition", label: "Raise the limit" },
    ],
  };
}

function flappingProblem(service: ServiceStatus, now: number): Problem | null {
  const flapping = service.instances.find(
    (instance) =>
      instance.restart_count >= FLAPPING_RESTARTS &&
      instance.last_exit !== null &&
      // Ends that somebody asked for are no sign of trouble.
      instance.last_exit.by === null &&
      now - Date.parse(instance.last_exit.ended_at) < FLAPPING_WITHIN,
  );
  if (flapping === undefined || flapping.last_exit === null) return null;
  return {
    ...head(service, "warn", "flapping", "backoff"),
    sentence: [
      `Restarted ${flapping.restart_count} times, last `,
      { time: Date.parse(flapping.last_exit.ended_at) },
      `: ${flapping.last_exit.message}.`,
    ],
    remedies: [
      { remedy: "output", label: "Output" },
      { remedy: "history", label: "History" },
    ],
  };
}

/** It should run, and no server fits where it is placed. */
function nowhereProblem(service: ServiceStatus): Problem | null {
  if (service.placed_on.length > 0 || service.instances.length > 0 || service.desired !== "running") return null;
  return {
    ...head(service, "warn", "nowhere", "waiting"),
    sentence: ["It should run, but no server has the name or the tags of its placement."],
    remedies: [{ remedy: "definition", label: "Edit" }],
  };
}

function outdatedProblem(service: ServiceStatus): Problem | null {
  const outdated = service.instances.find(
    (instance) =>
      instance.pid !== null &&
      instance.revision !== null &&
      instance.revision !== service.revision &&
      instance.state !== "stopping",
  );
  if (outdated === undefined) return null;
  return {
    ...head(service, "warn", "older definition", "waiting"),
    sentence: [`It runs r${outdated.revision}; r${service.revision} is saved and counts from the next start.`],
    remedies: [
      { remedy: "restart", label: "Restart to apply" },
      { remedy: "definition", label: "What changed" },
    ],
  };
}

function head(service: ServiceStatus, tone: Problem["tone"], word: string, mark: Problem["mark"]) {
  return { key: `${service.name}:${word}`, service: service.name, server: null, tone, word, mark };
}

function gaveUp(instance: InstanceStatus | undefined): Piece[] {
  return instance === undefined ? [] : [" That was ", { time: Date.parse(instance.since) }, "."];
}

/** What it said last; indented lines are the stack below it. */
function lastLine(instance: InstanceStatus | undefined): Piece[] {
  const line = instance?.last_exit?.last_lines.findLast((text) => /^\S/.test(plain(text)));
  return line === undefined ? [] : [" Last words: ", { quote: plain(line).trim().slice(0, 160) }];
}

function heldBy(stranger: PortConflicts["strangers"][number] | undefined): Piece[] {
  if (stranger === undefined) return [];
  const { port, pid, command } = stranger;
  if (command === null)
    return [` Port ${port}`, pid === null ? " is held by a process that cannot be seen." : ` is held by pid ${pid}.`];
  return [` Port ${port}`, " is held by ", { quote: command.slice(0, 80) }, pid === null ? "." : ` (pid ${pid}).`];
}

/** Names with commas and "and" between. */
export function listed(names: readonly string[]): Piece[] {
  return names.flatMap((name, index): Piece[] => [
    index === 0 ? "" : index === names.length - 1 ? " and " : ", ",
    { name },
  ]);
}

/** The line without its colours. */
function plain(line: string): string {
  // oxlint-disable-next-line no-control-regex -- SGR sequences begin with ESC
  return line.replaceAll(/\u001B\[[\d;]*m/g, "");
}

/** The hub's words as the beginning of a sentence. */
function began(words: string): string {
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/[.!?]$/, "");
}

/** The hub's words as a sentence of their own. */
function sentenceOf(words: string): string {
  return `${began(words)}.`;
}
