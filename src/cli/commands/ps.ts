// `tailherd ps` (also `status`): services as they are now. With names, exit 3 says that one of them does not run.
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";
import { formatBytes, formatPercent, formatSince } from "../output/values.ts";
import { paintState, stateSymbol } from "../output/style.ts";
import { renderTable, type Column } from "../output/table.ts";
import { addSelectionOptions, parseTarget, select, type Selection } from "../target.ts";

/** States in which a service does what it is for. */
const WELL: ReadonlySet<string> = new Set(["running", "external"]);

export function define(command: Command, context: Context): void {
  command.argument("[name...]", "services; all when left out").addHelpText(
    "after",
    `
Examples:
  tailherd ps                 all services
  tailherd ps -o wide         one line an instance, with more columns
  tailherd ps web             exit 3 when it does not run
  tailherd ps -t tier=front   those with a label
  tailherd ps -s nas          what runs on a server; -t eu: on servers with a tag
  tailherd ps --json | jq -r '.[] | select(.running | not) | .name'`,
  );
  addSelectionOptions(command);
  command.action(async (names: string[], selection: Selection) => {
    const client = context.client();
    const all = await client.call("GET /api/status");
    const { statuses } = await select(client, pick(all, names), selection);
    if (names.length > 0 && !statuses.every((status) => WELL.has(status.state))) context.exitCode = EXIT.notRunning;
    if (context.format === "name") {
      context.io.stdout.write(statuses.map((status) => `${status.name}\n`).join(""));
      return;
    }
    await context.emit(statuses, () => statusTable(context, statuses));
    if (all.length === 0) context.note("No services yet. Define one: tailherd add web -- node server.js");
    else if (statuses.length === 0) context.note(`0 of ${all.length} services fit.`);
  });
}

function pick(all: ServiceStatus[], names: string[]): ServiceStatus[] {
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((status) => status.name === parseTarget(name).service);
    if (found !== undefined) return found;
    throw new CliFailure(`Cannot show "${name}": there is no such service`, {
      exitCode: EXIT.notFound,
      code: "not_found",
      hints: ["See what there is: tailherd ps"],
    });
  });
}

/** A service, or one of its instances, as a line of the table. */
interface Row {
  name: string;
  status: ServiceStatus;
  instance: ServiceStatus["instances"][number] | undefined;
}

/** The table of `ps` and `top`; empty text when there is nothing to show. */
export function statusTable(context: Context, statuses: ServiceStatus[]): string {
  if (statuses.length === 0) return "";
  const rows = statuses.flatMap(rowsOf);
  const servers = new Set(statuses.flatMap(({ instances }) => instances.map(({ server }) => server)));
  const wide = context.format === "wide";
  return renderTable(
    wide
      ? [...COLUMNS.slice(0, -1), SERVER, ...WIDE, ...COLUMNS.slice(-1)]
      : columnsFor(context, rows, servers.size > 1),
    rows,
    context.style,
    context.width,
  );
}

function rowsOf(status: ServiceStatus): Row[] {
  if (status.instances.length <= 1) return [{ name: status.name, status, instance: status.instances[0] }];
  // On several servers the column says where; the number stands only where there are several on one.
  const numbered = status.instances.some(({ index }) => index > 0);
  return status.instances.map((instance) => ({
    name: numbered ? `${status.name}/${instance.index}` : status.name,
    status,
    instance,
  }));
}

function stateOf(row: Row): string {
  return row.instance?.state ?? row.status.state;
}

function columnsFor(context: Context, rows: Row[], several: boolean): Column<Row>[] {
  // The sign is for eyes: off a terminal the column would get in the way of awk.
  const [name, ...others] = COLUMNS;
  const all = several && name !== undefined ? [name, SERVER, ...others] : COLUMNS;
  const columns = all.filter((column) => column.title !== "DETAIL" || rows.some((row) => column.value(row) !== ""));
  if (!context.io.stdout.isTTY) return columns;
  return columns.map((column) =>
    column.title === "STATE"
      ? { ...column, value: (row) => `${stateSymbol(context.style, stateOf(row))} ${stateOf(row)}` }
      : column,
  );
}

const COLUMNS: Column<Row>[] = [
  { title: "NAME", value: (row) => row.name, paint: (cell, _, style) => style.bold(cell), cut: true },
  { title: "STATE", value: stateOf, paint: (cell, row, style) => paintState(style, stateOf(row), cell) },
  { title: "PID", value: (row) => row.instance?.pid?.toString() ?? "", right: true },
  { title: "CPU", value: (row) => formatPercent(row.instance?.cpu ?? null), right: true },
  { title: "MEM", value: (row) => formatBytes(row.instance?.memory ?? null), right: true },
  { title: "UPTIME", value: (row) => (runs(row) ? formatSince(row.instance?.started_at ?? null) : ""), right: true },
  { title: "RESTARTS", value: (row) => String(row.instance?.restart_count ?? 0), right: true },
  { title: "PORTS", value: (row) => portsOf(row).join(",") },
  { title: "DETAIL", value: detailOf, cut: true },
];

const SERVER: Column<Row> = { title: "SERVER", value: (row) => row.instance?.server ?? "", cut: true };

const WIDE: Column<Row>[] = [
  { title: "KIND", value: (row) => row.status.kind },
  { title: "HEALTH", value: healthOf },
  { title: "DESIRED", value: desiredOf },
  { title: "REVISION", value: revisionOf },
  {
    title: "LABELS",
    value: (row) =>
      Object.entries(row.status.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
  },
  { title: "OWNER", value: (row) => row.status.owner ?? "" },
];

function detailOf({ status, instance }: Row): string {
  const reason = instance?.reason ?? status.reason ?? "";
  if (instance?.stale !== true) return reason;
  return `${instance.server} is not heard of; this was its last word${reason === "" ? "" : `: ${reason}`}`;
}

/** "ready", "not ready", and how many of its checks pass where there are some. */
function healthOf({ instance }: Row): string {
  if (instance?.pid == null) return "";
  const { checks = [] } = instance as Partial<typeof instance>;
  const passing = checks.filter(({ state }) => state === "passing").length;
  const ready = instance.ready === false ? "not ready" : "ready";
  return checks.length === 0 ? ready : `${ready} ${passing}/${checks.length}`;
}

function runs(row: Row): boolean {
  return row.instance?.pid !== null && row.instance?.pid !== undefined;
}

function portsOf({ status, instance }: Row): number[] {
  const detected = instance?.detected_ports ?? status.detected_ports;
  return [...new Set([...status.ports, ...detected])].sort((a, b) => a - b);
}

function desiredOf({ status, instance }: Row): string {
  return instance !== undefined && status.stopped_instances.includes(instance.index) ? "stopped" : status.desired;
}

/** "3", or "2→3" when an older definition runs. */
function revisionOf({ status, instance }: Row): string {
  const running = instance?.pid === null ? null : (instance?.revision ?? null);
  return running === null || running === status.revision ? `${status.revision}` : `${running}->${status.revision}`;
}
