// One row a port: who listens, who claims it, and what is wrong with that.
import type { Listener } from "../../../contract/agent.ts";
import type { ServiceStatus } from "../../../contract/status.ts";

/**
 * conflict: two definitions claim it. stranger: a definition claims it, another process holds it. silent: a running service
 * claims it and nobody listens. undeclared: a service listens, its definition does not say so. free: claimed, its service
 * does not run. ok: claimed and held by the same. foreign: no service has to do with it.
 */
export type PortState = "conflict" | "stranger" | "silent" | "undeclared" | "free" | "ok" | "foreign";

export interface PortRow {
  port: number;
  state: PortState;
  /** Addresses it listens on, each once. */
  addresses: string[];
  /** Services whose definitions name it. */
  declared: string[];
  /** Who holds it: service, process, or nobody that could be found. */
  holders: { service: string | null; pid: number | null; command: string | null }[];
}

/** States in which somebody should look, worst first. */
export const PROBLEM_STATES: readonly PortState[] = ["conflict", "stranger", "silent"];

/** All ports that anybody listens on or claims, problems first, then by number. */
export function portRows(listeners: readonly Listener[], services: readonly ServiceStatus[]): PortRow[] {
  const rows = new Map<number, PortRow>();
  const rowOf = (port: number): PortRow => {
    let row = rows.get(port);
    if (row === undefined) rows.set(port, (row = { port, state: "foreign", addresses: [], declared: [], holders: [] }));
    return row;
  };
  for (const { port, address, pid, command, service } of listeners) {
    const row = rowOf(port);
    if (!row.addresses.includes(address)) row.addresses.push(address);
    if (!row.holders.some((holder) => holder.pid === pid)) row.holders.push({ service, pid, command });
  }
  const running = new Map(services.map((service) => [service.name, service.running]));
  for (const { name, ports } of services) {
    for (const port of ports) if (!rowOf(port).declared.includes(name)) rowOf(port).declared.push(name);
  }
  for (const row of rows.values()) row.state = stateOf(row, running);
  return [...rows.values()].sort((a, b) => rank(a.state) - rank(b.state) || a.port - b.port);
}

function stateOf({ declared, holders }: PortRow, running: ReadonlyMap<string, boolean>): PortState {
  if (declared.length > 1) return "conflict";
  const [claimant] = declared;
  if (claimant === undefined) return holders.some((holder) => holder.service !== null) ? "undeclared" : "foreign";
  if (holders.length === 0) return running.get(claimant) === true ? "silent" : "free";
  return holders.some((holder) => holder.service === claimant) ? "ok" : "stranger";
}

function rank(state: PortState): number {
  const index = PROBLEM_STATES.indexOf(state);
  return index === -1 ? PROBLEM_STATES.length : index;
}
