// What is: health, status, statistics, processes, ports, history.
import { TailherdError } from "../../../contract/errors.ts";
import { portsOf } from "../../../contract/sockets.ts";
import { VERSION } from "../../../runtime/version.ts";
import { portConflicts } from "../../transfer/port-conflicts.ts";
import { hideArguments, seesCommands } from "../../auth/hidden-commands.ts";
import { standingOf } from "../../../contract/standing.ts";
import { describeGraph } from "../../services/graph.ts";
import { checksOf } from "../../services/check-book.ts";
import { ReadyJson, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "GET /health"
  | "GET /api/status"
  | "GET /api/stats"
  | "GET /api/port-conflicts"
  | "GET /api/services/{name}/status"
  | "GET /api/services/{name}/logs"
  | "GET /api/services/{name}/processes"
  | "GET /api/services/{name}/exits"
  | "GET /api/services/{name}/checks"
  | "GET /api/services/{name}/series"
  | "GET /api/series/recent"
  | "GET /api/processes"
  | "GET /api/processes/{pid}/definition"
  | "GET /api/ports"
  | "GET /api/events/recent"
  | "GET /api/graph"
  | "GET /api/audit";

/** Handlers of what is observed. */
export function stateHandlers(parts: HubParts): HandlersOf<Keys> {
  const { store, catalog, board, book, agents, deployment, series, recentCpu, events, descriptors } = parts;
  /** Id of the hub's own server. */
  const home = (): string => {
    const own = book.home;
    if (own !== undefined) return own.id;
    throw new TailherdError("agent_away", "Cannot ask this machine: the hub runs without an agent");
  };
  const serverOf = (named: string | undefined): string => (named === undefined ? home() : book.require(named).id);
  return {
    "GET /health"() {
      const problems = [store.health().problem, descriptors.problem].filter((problem) => problem !== null);
      return {
        status: problems.length === 0 ? "healthy" : "degraded",
        version: VERSION,
        services_count: catalog.size,
        problems,
      };
    },
    "GET /api/graph"() {
      const standing = (name: string) => standingOf(board.get(name)?.instances ?? []);
      return describeGraph(catalog.all(), (name) => board.get(name), standing);
    },
    "GET /api/status": () => new ReadyJson(board.allJson()),
    async "GET /api/stats"() {
      const { system } = board;
      if (system !== null) return system;
      throw new TailherdError("agent_away", "Cannot tell how the machine is: nothing was measured yet");
    },
    async "GET /api/port-conflicts"({ identity }) {
      const records = catalog.all();
      const conflicts = portConflicts(records);
      const { listeners } = await agents.call(home(), "listeners", {});
      const strangers = records
        .filter(({ name }) => deployment.isOn(name, home()))
        .map((record) => ({ name: record.name, ports: portsOf(record) }))
        .flatMap(({ name, ports }) =>
          listeners
            .filter((each) => ports.includes(each.port) && !isHeldByOneOf(each.service, each.port, name, conflicts))
            .map((each) => (seesCommands(identity) ? each : hideArguments(each)))
            .map(({ port, pid, command }) => ({ port, service: name, pid, command })),
        );
      const distinct = [
        ...new Map(strangers.map((each) => [`${each.port} ${each.service} ${each.pid}`, each])).values(),
      ];
      const has_conflicts = Object.keys(conflicts).length > 0 || distinct.length > 0;
      return { has_conflicts, conflicts, strangers: distinct };
    },
    "GET /api/services/{name}/status"({ params }) {
      catalog.require(params.name);
      const status = board.get(params.name);
      if (status !== undefined) return status;
      throw new TailherdError("not_found", `There is no service "${params.name}"`);
    },
    async "GET /api/services/{name}/logs"({ params, query }) {
      catalog.require(params.name);
      const { server, ...rest } = query;
      return await deployment.ask(params.name, server, "read_output", { ...rest, service: params.name });
    },
    async "GET /api/services/{name}/processes"({ params, query }) {
      const { name } = catalog.require(params.name);
      return (await deployment.ask(name, query.server, "processes", { service: name })).processes;
    },
    async "GET /api/services/{name}/exits"({ params, query }) {
      catalog.require(params.name);
      await events.flush();
      return await store.listExits(params.name, query.limit);
    },
    async "GET /api/services/{name}/checks"({ params, query: { server, index } }) {
      const { name } = catalog.require(params.name);
      return await checksOf(name, { server, index }, parts);
    },
    "GET /api/services/{name}/series"({ params, query }) {
      const { name: service } = catalog.require(params.name);
      const serverId = deployment.serverFor(service, query.server);
      const key = { service, serverId, index: query.index ?? 0 };
      return series.read(key, catalog.settings.update_interval_seconds);
    },
    "GET /api/series/recent"() {
      const step = catalog.settings.update_interval_seconds;
      return { step, cpu: recentCpu.read(step) };
    },
    async "GET /api/processes"({ query }) {
      const keywords = query.keyword === undefined ? [] : [query.keyword].flat();
      return await agents.call(serverOf(query.server), "match", { keywords });
    },
    async "GET /api/processes/{pid}/definition"({ params, query }) {
      const process = { pid: params.pid, create_time: query.create_time };
      return await agents.call(serverOf(query.server), "describe_process", process);
    },
    async "GET /api/ports"({ query, identity }) {
      const { listeners } = await agents.call(serverOf(query.server), "listeners", {});
      return seesCommands(identity) ? listeners : listeners.map((each) => hideArguments(each));
    },
    async "GET /api/events/recent"({ query }) {
      await events.flush();
      const { service, before, limit } = query;
      const server = query.server === undefined ? undefined : book.require(query.server).id;
      return await store.listEvents({ limit, service, server, ...(before !== undefined && { before }) });
    },
    "GET /api/audit": ({ query: { before, limit } }) =>
      store.listAudit({ limit, ...(before !== undefined && { before }) }),
  };
}

/** A port that the service itself, or another that declares it too, listens on is no stranger's. */
function isHeldByOneOf(
  holder: string | null,
  port: number,
  name: string,
  conflicts: Record<string, string[]>,
): boolean {
  return holder !== null && (holder === name || conflicts[String(port)]?.includes(holder) === true);
}
