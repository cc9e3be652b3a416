// What Prometheus is told of the machines of the fleet.
import { SECOND } from "../../../base/units.ts";
import { parseMetricKey } from "../../../contract/metrics.ts";
import type { HubParts } from "../hub-parts.ts";
import type { StoredServer } from "../../store/store.ts";
import type { Exposition, Family } from "./exposition.ts";
import { MACHINE_FAMILIES, type MachineFamily } from "./machine-families.ts";

/** Samples of machines' metrics in one answer; of a fleet that has more the rest is left out, and counted. */
const MAX_SAMPLES = 200_000;
/** Mounts, devices… of one metric of one server: containers make them without end. */
const MAX_LABELS = 64;
/** Servers between two turns of the event loop. */
const AT_ONCE = 100;

type Parts = Pick<HubParts, "agents" | "book" | "clock">;

/** Writes all servers; each `yield` is a good moment for others. Returns how many samples were left out. */
export function* collectServers(parts: Parts, exposition: Exposition): Generator<undefined, number> {
  const servers = parts.book.stored();
  for (const { read, ...family } of serverFamilies(parts)) {
    exposition.begin(family);
    for (const server of servers) exposition.add({ server: server.name }, read(server));
    yield;
  }
  exposition.begin({ name: "tailherd_server_info", type: "info", help: "What a server is." });
  for (const { id, name, kind, agent_version } of servers) {
    exposition.add({ server: name, id, kind, agent_version: agent_version ?? "" }, 1);
  }
  return yield* collectMachines(parts, servers, exposition);
}

function serverFamilies({
  agents,
  book,
  clock,
}: Parts): (Family & { read: (server: StoredServer) => number | null })[] {
  const now = clock.now();
  return [
    {
      name: "tailherd_server_up",
      type: "gauge",
      help: "1 while the server is online: heard within two of its intervals.",
      read: ({ id }) => (book.stateOf(id) === "online" ? 1 : 0),
    },
    {
      name: "tailherd_server_link_up",
      type: "gauge",
      help: "1 while the link of the server's agent is open. A bare node has none.",
      read: ({ id, kind }) => (kind === "bare" ? null : agents.isOpen(id) ? 1 : 0),
    },
    {
      name: "tailherd_server_heartbeat_age_seconds",
      type: "gauge",
      help: "Time since the server's last heartbeat.",
      read: ({ last_seen }) => (last_seen === null ? null : Math.max(0, now - last_seen) / SECOND),
    },
    {
      name: "tailherd_server_clock_skew_seconds",
      type: "gauge",
      help: "How far the server's clock is ahead of the hub's, as measured when its link opened.",
      read: ({ id }) => (agents.isOpen(id) ? book.skewOf(id) / SECOND : null),
    },
  ];
}

/** One sample of a machine's metric. */
interface Value {
  server: string;
  label: string | null;
  value: number;
}

function* collectMachines(
  { book }: Parts,
  servers: readonly StoredServer[],
  exposition: Exposition,
): Generator<undefined, number> {
  const found = new Map<MachineFamily, Value[]>();
  let taken = 0;
  let leftOut = 0;
  for (const [at, { id, name, last_metrics }] of servers.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) yield;
    // Old values would pass for new ones.
    if (book.stateOf(id) !== "online") continue;
    const labels = new Map<MachineFamily, number>();
    for (const key of Object.keys(last_metrics)) {
      const { name: metric, label } = parseMetricKey(key);
      const family = MACHINE_FAMILIES.get(metric);
      if (family === undefined || (label === null) !== (family.label === null)) continue;
      const count = (labels.get(family) ?? 0) + 1;
      if (count > MAX_LABELS || taken >= MAX_SAMPLES) {
        leftOut += 1;
        continue;
      }
      labels.set(family, count);
      taken += 1;
      const values = found.get(family) ?? [];
      if (values.length === 0) found.set(family, values);
      values.push({ server: name, label, value: (last_metrics[key] ?? Number.NaN) * family.scale });
    }
  }
  for (const [family, values] of found) {
    exposition.begin(family);
    for (const [at, { server, label, value }] of values.entries()) {
      if (at % (AT_ONCE * 10) === 0) yield;
      exposition.add(family.label === null ? { server } : { server, [family.label]: label ?? "" }, value);
    }
  }
  return leftOut;
}
