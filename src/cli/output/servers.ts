// Servers as tables and pages: shared by `servers` and `top`.
import type { ServerNode } from "../../contract/server.ts";
import type { Context } from "../context.ts";
import { paintState, stateSymbol } from "./style.ts";
import { renderTable, type Column } from "./table.ts";
import { formatPercent, formatSince } from "./values.ts";

/** A server's state as a word; `revoked` where it has no key or credential any more. */
export function serverState({ state, revoked }: ServerNode): string {
  return revoked ? "revoked" : state;
}

/** How long ago it was heard: "4s ago"; empty before the first time. */
export function seenWords({ last_seen }: ServerNode, now = Date.now()): string {
  return last_seen === null ? "" : `${formatSince(last_seen, now)} ago`;
}

/** A metric of the last heartbeat, if it is one of now. */
export function metricOf(server: ServerNode, name: string): number | null {
  return server.online ? (server.last_metrics[name] ?? null) : null;
}

/** The table of `servers` and of `top`; empty text when there is nothing to show. */
export function serverTable(context: Context, servers: ServerNode[]): string {
  if (servers.length === 0) return "";
  const columns = context.format === "wide" ? [...COLUMNS, ...WIDE] : COLUMNS;
  const shown = context.io.stdout.isTTY
    ? columns.map((column) =>
        column.title === "STATE"
          ? {
              ...column,
              value: (row: ServerNode) => `${stateSymbol(context.style, serverState(row))} ${serverState(row)}`,
            }
          : column,
      )
    : columns;
  return renderTable(shown, servers, context.style, context.width);
}

const percent = (name: string) => (server: ServerNode) => formatPercent(metricOf(server, name));

const COLUMNS: Column<ServerNode>[] = [
  { title: "NAME", value: (server) => server.name, paint: (cell, _, style) => style.bold(cell), cut: true },
  { title: "STATE", value: serverState, paint: (cell, server, style) => paintState(style, serverState(server), cell) },
  { title: "KIND", value: (server) => (server.locked ? `${server.kind}, locked` : server.kind) },
  { title: "CPU", value: percent("cpu_percent"), right: true },
  { title: "MEM", value: percent("memory_percent"), right: true },
  { title: "DISK", value: percent("disk_percent"), right: true },
  { title: "SERVICES", value: (server) => String(server.services.length), right: true },
  { title: "TAGS", value: (server) => server.tags.join(","), cut: true },
  { title: "SEEN", value: (server) => seenWords(server), right: true },
  { title: "VERSION", value: (server) => server.agent_version ?? "" },
];

const WIDE: Column<ServerNode>[] = [
  { title: "ID", value: (server) => server.id },
  { title: "HOST", value: (server) => server.host, cut: true },
  { title: "IP", value: (server) => server.ip },
  { title: "EVERY", value: (server) => `${server.heartbeat_interval}s`, right: true },
  { title: "SKEW", value: (server) => (server.clock_skew_ms === null ? "" : `${server.clock_skew_ms}ms`), right: true },
  { title: "RUN", value: (server) => (server.allow_run ? "allowed" : "no") },
];
