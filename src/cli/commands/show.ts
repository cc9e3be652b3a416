// `tailherd show NAME`: everything about one service on one page.
import type { Command } from "commander";
import type { RouteResult } from "../../contract/routes.ts";
import type { InstanceStatus, ServiceStatus } from "../../contract/status.ts";
import type { Context } from "../context.ts";
import { paintState, stateSymbol } from "../output/style.ts";
import { plain, withoutColours } from "../output/text.ts";
import { addServerOptions, findPlaces, notPlaced, type PlaceSelection } from "../places.ts";
import { onPlaces } from "../target.ts";
import { formatBytes, formatPercent, formatSince, formatTime, formatValue } from "../output/values.ts";

type Spec = RouteResult<"GET /api/services/{name}/spec">;
type Exit = RouteResult<"GET /api/services/{name}/exits">[number];

const EXITS_SHOWN = 5;

export function define(command: Command, context: Context): void {
  command
    .argument("<name>", "service")
    .option("--definition", "only the definition, in the words of tailherd.yaml")
    .addHelpText(
      "after",
      `
Examples:
  tailherd show web
  tailherd show web --definition    to copy into a tailherd.yaml
  tailherd show web --json
  tailherd show web -s nas          only what is of that server`,
    );
  addServerOptions(command);
  command.action(async (name: string, options: PlaceSelection & { definition?: boolean }) => {
    const client = context.client();
    const params = { name };
    if (options.definition === true) {
      const spec = await client.call("GET /api/services/{name}/spec", { params });
      return await printDefinition(context, spec);
    }
    const places = await findPlaces(client, options);
    const [all, spec, ends] = await Promise.all([
      client.call("GET /api/services/{name}/status", { params }),
      client.call("GET /api/services/{name}/spec", { params }),
      client.call("GET /api/services/{name}/exits", { params, query: { limit: EXITS_SHOWN } }),
    ]);
    const status = places === null ? all : onPlaces(all, places);
    if (status === undefined) throw notPlaced(all.name, places ?? []);
    const exits = ends.filter(({ server_id }) => places === null || places.some(({ id }) => id === server_id));
    const yaml = context.format === "table" || context.format === "wide" ? await definitionText(spec) : "";
    if (context.format === "name") return context.print(status.name);
    await context.emit({ ...status, spec, exits }, () => page(context, status, spec, exits, yaml));
  });
}

async function printDefinition(context: Context, spec: Spec): Promise<void> {
  if (context.format === "json") return await context.emit(spec.saved, () => "");
  context.print(await definitionText(spec));
}

async function definitionText(spec: Spec): Promise<string> {
  const [{ stringify }, { toFileService }] = await Promise.all([
    import("yaml"),
    import("../../contract/tailherd-file.ts"),
  ]);
  return stringify({ services: { [spec.saved.name]: toFileService(spec.saved) } });
}

/** "running, but not 1, 3": those were stopped one by one. */
function wantedWords({ desired, stopped_instances }: ServiceStatus): string {
  return stopped_instances.length === 0 ? desired : `${desired}, but not ${stopped_instances.join(", ")}`;
}

function page(context: Context, status: ServiceStatus, spec: Spec, exits: Exit[], yaml: string): string {
  const { style } = context;
  const heading = `${style.bold(status.name)}  ${paintState(style, status.state, `${stateSymbol(style, status.state)} ${status.state}`)}`;
  const facts: [string, string][] = [
    ["Reason", status.reason ?? ""],
    ["Description", status.description ?? ""],
    ["Kind", status.kind],
    ["Wanted", wantedWords(status)],
    ["Definition", definitionWords(spec)],
    ["Owned by", status.owner ?? ""],
    ["Runs on", placeWords(status, spec)],
    ["Ports", portWords(status)],
    ["Address", [status.api_url, status.tailscale_url].filter(Boolean).join("  ")],
    [
      "Labels",
      Object.entries(status.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(", "),
    ],
  ];
  const lines = [
    heading,
    ...facts.filter(([, value]) => value !== "").map(([name, value]) => fact(context, name, value)),
  ];
  const servers = new Map(status.instances.map(({ server_id, server }) => [server_id, server]));
  const place = (id: string | null): string => (servers.size > 1 && id !== null ? `@${servers.get(id) ?? id}` : "");
  for (const instance of status.instances) {
    const title =
      status.instances.length > 1 ? `${instance.service}/${instance.index}${place(instance.server_id)}` : undefined;
    lines.push(...instanceLines(context, instance, title));
  }
  if (exits.length > 0) {
    const ends = exits.flatMap((exit) => exitLines(context, exit, place(exit.server_id)));
    lines.push("", style.bold("Ends, newest first"), ...ends);
  }
  if (spec.differences.length > 0 && spec.running !== null) {
    lines.push("", style.bold(`Saved since (restart applies it)`));
    for (const { path, from, to } of spec.differences)
      lines.push(`  ${path}: ${formatValue(from)} -> ${formatValue(to)}`);
  }
  return [...lines, "", style.bold("Definition"), yaml.trimEnd().replaceAll(/^/gm, "  ")].join("\n");
}

function fact({ style }: Context, name: string, value: string): string {
  return `  ${style.dim(`${name}:`.padEnd(13))}${plain(value)}`;
}

function definitionWords(spec: Spec): string {
  if (spec.running_revision === null || spec.running_revision === spec.saved_revision) return `r${spec.saved_revision}`;
  return `running r${spec.running_revision}, saved r${spec.saved_revision}`;
}

/** Where it belongs, unless that is just the hub's own machine. */
function placeWords(status: ServiceStatus, { saved }: Spec): string {
  const { servers, tags } = saved.placement;
  if (servers.length === 0 && tags.length === 0) return "";
  const names = new Set(status.instances.map(({ server, stale }) => (stale ? `${server} (not heard of)` : server)));
  const rule = [
    ...servers,
    ...(tags.length === 0 ? [] : [`servers with ${tags.map((tag) => `"${tag}"`).join(" and ")}`]),
  ];
  return `${[...names].join(", ") || "no server yet"} (placed on ${rule.join(", ")})`;
}

function portWords(status: ServiceStatus): string {
  const declared = status.port_status.map(({ port, in_use, own, command, pid }) => {
    if (!in_use) return `${port} (free)`;
    return own
      ? `${port} (listening)`
      : `${port} (taken by ${command ?? "a stranger"}${pid === null ? "" : `, pid ${pid}`})`;
  });
  const others = status.detected_ports.filter((port) => !status.ports.includes(port));
  return [...declared, ...others.map((port) => `${port} (detected)`)].join(", ");
}

/** `title` where there are several. */
function instanceLines(context: Context, instance: InstanceStatus, title: string | undefined): string[] {
  const { style } = context;
  const lines =
    title !== undefined
      ? ["", `${style.bold(title)}  ${paintState(style, instance.state)}  ${plain(instance.reason ?? "")}`]
      : [];
  if (instance.pid !== null) {
    lines.push(
      fact(
        context,
        "Process",
        `pid ${instance.pid}, up ${formatSince(instance.started_at)}, restarts ${instance.restart_count}`,
      ),
    );
    const usage = [
      `cpu ${formatPercent(instance.cpu) || "-"}`,
      `memory ${formatBytes(instance.memory) || "-"}${instance.memory_kind === null ? "" : ` (${instance.memory_kind})`}`,
      `threads ${instance.threads ?? "-"}`,
      `files ${instance.open_files ?? "-"}`,
    ];
    lines.push(fact(context, "Uses", usage.join(", ")));
  }
  // An older hub tells of none.
  for (const check of (instance as Partial<InstanceStatus>).checks ?? []) lines.push(checkLine(context, check));
  if (instance.next_start_at !== null) lines.push(fact(context, "Next start", formatTime(instance.next_start_at)));
  if (instance.limits_note !== null) lines.push(fact(context, "Limits", instance.limits_note));
  return lines;
}

function checkLine(
  context: Context,
  { name, kind, role, state, reason, since }: InstanceStatus["checks"][number],
): string {
  const { style } = context;
  const word = state === "failing" ? style.red(state) : state === "passing" ? style.green(state) : style.dim(state);
  const why = reason === null ? "" : `: ${plain(reason)}`;
  return `  ${style.dim("Check:".padEnd(13))}${name} (${role}, ${kind}) ${word} for ${formatSince(since)}${why}`;
}

function exitLines({ style }: Context, exit: Exit, place: string): string[] {
  const by = exit.by === null ? "" : ` (by ${exit.by})`;
  const tail = exit.last_lines.slice(-3).map((line) => style.dim(`      ${plain(withoutColours(line))}`));
  return [
    `  ${formatTime(exit.ended_at)}  ${place === "" ? "" : `${style.dim(plain(place.slice(1)))}  `}${plain(exit.message)}${plain(by)}`,
    ...tail,
  ];
}
