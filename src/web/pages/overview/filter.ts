// Which services are shown, in which order and groups: pure functions of the rows and of what the address says.
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { placesOf } from "../../api/places.ts";
import { compareNames, cpuOf, memoryOf, startedAt } from "../../api/live-store.ts";
import type { Preferences } from "../../preferences/preferences.ts";

export type Show = "all" | "running" | "problems" | "stopped";
export type SortKey = "name" | "state" | "cpu" | "memory" | "up" | "restarts";

/** What the address says about the list; kept there, so that a link shows the same. */
export interface View {
  text: string;
  show: Show;
  /** "kind:backend", "server:web-1" or "label:env=prod"; all must hold, kinds and servers among each other any. */
  facets: readonly string[];
  sort: SortKey;
  descending: boolean;
}

const SHOWS: readonly Show[] = ["all", "running", "problems", "stopped"];
const SORTS: readonly SortKey[] = ["name", "state", "cpu", "memory", "up", "restarts"];

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const sort = query.get("sort") ?? "name";
  const key = sort.replace(/^-/, "");
  return {
    text: query.get("q") ?? "",
    show: SHOWS.find((show) => show === query.get("show")) ?? "all",
    facets: query.getAll("f"),
    sort: SORTS.find((known) => known === key) ?? "name",
    descending: sort.startsWith("-"),
  };
}

export function writeView(view: View): string {
  const query = new URLSearchParams();
  if (view.text !== "") query.set("q", view.text);
  if (view.show !== "all") query.set("show", view.show);
  for (const facet of view.facets) query.append("f", facet);
  if (view.sort !== "name" || view.descending) query.set("sort", `${view.descending ? "-" : ""}${view.sort}`);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

const RUNNING: ReadonlySet<InstanceState> = new Set(["running", "unhealthy", "starting", "external"]);
const STOPPED: ReadonlySet<InstanceState> = new Set(["stopped", "exited"]);

export function isShown(status: ServiceStatus, show: Show, problems: ReadonlySet<string>): boolean {
  if (show === "running") return RUNNING.has(status.state);
  if (show === "stopped") return STOPPED.has(status.state);
  return show === "all" || problems.has(status.name);
}

/** Names of servers by id; undefined for one that nobody knows. */
export type NameOf = (serverId: string) => string | undefined;

export function matches(status: ServiceStatus, view: View, nameOf: NameOf): boolean {
  const servers = view.facets.filter((facet) => facet.startsWith("server:"));
  if (servers.length > 0 && !placesOf(status, nameOf).some(({ name }) => servers.includes(`server:${name}`)))
    return false;
  const kinds = view.facets.filter((facet) => facet.startsWith("kind:"));
  if (kinds.length > 0 && !kinds.includes(`kind:${status.kind}`)) return false;
  for (const facet of view.facets) {
    if (!facet.startsWith("label:")) continue;
    const [key = "", value = ""] = facet.slice("label:".length).split("=");
    if (status.labels[key] !== value) return false;
  }
  if (view.text === "") return true;
  const text = textOf(status);
  return view.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Everything of a row that a person may type to find it. */
function textOf(status: ServiceStatus): string {
  const labels = Object.entries(status.labels).map(([key, value]) => `${key}:${value}`);
  return [
    status.name,
    status.kind,
    status.state,
    status.description,
    status.reason,
    ...status.ports,
    ...status.detected_ports,
    ...status.instances.map(({ server }) => server),
    ...labels,
  ]
    .filter((part) => part !== null)
    .join(" ")
    .toLowerCase();
}

/** Order of urgency. */
const URGENCY: readonly InstanceState[] = [
  "fatal",
  "backoff",
  "unhealthy",
  "stopping",
  "starting",
  "waiting",
  "exited",
  "external",
  "running",
  "stopped",
];

const NUMBER: Record<Exclude<SortKey, "name">, (status: ServiceStatus) => number> = {
  state: (status) => URGENCY.indexOf(status.state),
  cpu: (status) => cpuOf(status) ?? -1,
  memory: (status) => memoryOf(status) ?? -1,
  up: (status) => -(startedAt(status) ?? Number.POSITIVE_INFINITY),
  restarts: (status) => status.runtime.restart_count,
};

export function sortServices(services: readonly ServiceStatus[], sort: SortKey, descending: boolean): ServiceStatus[] {
  const sign = descending ? -1 : 1;
  if (sort === "name") return [...services].sort((a, b) => sign * compareNames(a.name, b.name));
  const read = NUMBER[sort];
  return [...services].sort((a, b) => sign * (read(a) - read(b) || 0) || compareNames(a.name, b.name));
}

export interface Group {
  /** Empty when nothing is grouped. */
  title: string;
  names: readonly string[];
}

/** A service on several servers stands once, under all of them together. */
export function groupServices(services: readonly ServiceStatus[], by: Preferences["groupBy"], nameOf: NameOf): Group[] {
  if (by === "none") return [{ title: "", names: services.map(({ name }) => name) }];
  const groups = new Map<string, string[]>();
  for (const status of services) {
    const title = groupOf(status, by, nameOf);
    const names = groups.get(title);
    if (names === undefined) groups.set(title, [status.name]);
    else names.push(status.name);
  }
  const order = (title: string): number =>
    by === "state" ? URGENCY.findIndex((state) => state === title) : title.startsWith("no ") ? 1 : 0;
  return [...groups]
    .map(([title, names]) => ({ title, names }))
    .sort((a, b) => order(a.title) - order(b.title) || compareNames(a.title, b.title));
}

const MOST_NAMED = 3;

function groupOf(status: ServiceStatus, by: Exclude<Preferences["groupBy"], "none">, nameOf: NameOf): string {
  if (by === "server") {
    const names = placesOf(status, nameOf).map(({ name }) => name);
    if (names.length === 0) return "no server";
    return names.length > MOST_NAMED ? `${names.length} servers` : names.join(" + ");
  }
  if (by === "kind") return status.kind;
  if (by === "state") return status.state;
  const label = by.slice("label:".length);
  return status.labels[label] ?? `no ${label}`;
}

/** Facets worth a chip: kinds when there are several, and the commonest labels. */
export function facetsOf(
  services: readonly ServiceStatus[],
  most: number,
  nameOf: NameOf,
): { facet: string; label: string; count: number }[] {
  const kinds = new Map<string, number>();
  const labels = new Map<string, number>();
  const servers = new Map<string, number>();
  for (const status of services) {
    kinds.set(status.kind, (kinds.get(status.kind) ?? 0) + 1);
    for (const { name } of placesOf(status, nameOf)) servers.set(name, (servers.get(name) ?? 0) + 1);
    for (const [key, value] of Object.entries(status.labels)) {
      labels.set(`${key}=${value}`, (labels.get(`${key}=${value}`) ?? 0) + 1);
    }
  }
  const common = [...labels].filter(([, count]) => count < services.length).sort((a, b) => b[1] - a[1]);
  return [
    ...(kinds.size > 1 ? [...kinds].map(([kind, count]) => ({ facet: `kind:${kind}`, label: kind, count })) : []),
    ...common.slice(0, most).map(([pair, count]) => ({ facet: `label:${pair}`, label: pair.replace("=", ":"), count })),
    ...(servers.size > 1
      ? [...servers]
          .sort((a, b) => compareNames(a[0], b[0]))
          .slice(0, most)
          .map(([name, count]) => ({ facet: `server:${name}`, label: `on ${name}`, count }))
      : []),
  ];
}

/** Names of labels by which services can be grouped. */
export function labelKeysOf(services: readonly ServiceStatus[]): string[] {
  return [...new Set(services.flatMap(({ labels }) => Object.keys(labels)))].sort(compareNames);
}
