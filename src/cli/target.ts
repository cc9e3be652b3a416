// Which services a command means, and where: names ("web", "web/2" for one instance, "web@nas" on one server), labels, a kind, all;
// narrowed to servers by name or tag.
import type { Command } from "commander";
import { EXIT } from "../contract/error-table.ts";
import type { ServerNode } from "../contract/server.ts";
import type { ServiceStatus } from "../contract/status.ts";
import type { Client } from "./client.ts";
import { CliFailure, usageFailure } from "./failure.ts";
import { collect } from "./options.ts";
import {
  addPlaceOptions,
  findPlaces,
  hasPlaces,
  notPlaced,
  placesAmong,
  type Place,
  type PlaceSelection,
  type Places,
} from "./places.ts";

/** A named service, one instance of it, or its instances on one server. */
export interface Target {
  service: string;
  index: number | undefined;
  /** Undefined: on all its servers. */
  server: Place | undefined;
}

/** Options by which services are selected. */
export interface Selection extends PlaceSelection {
  label?: string[];
  kind?: string;
  all?: boolean;
}

const TARGET = /^([^/@]+)(?:\/(\d{1,3}))?(?:@([^/@]+))?$/;

/** Adds `-s`, `-t`, `--tag`, `--label` and `-k`; `--all` where an act on everything makes sense. */
export function addSelectionOptions(command: Command, { all = false } = {}): void {
  addPlaceOptions(command);
  command
    .option("--label <key[=value]>", "services with this label; all of them when given again", collect)
    .option("-k, --kind <kind>", "services of this kind: backend, frontend, other");
  if (all) command.option("-a, --all", "every service");
}

/** What was typed: "web/2@nas" is instance 2 of web on nas. Names can hold neither "/" nor "@". */
export function parseTarget(text: string): { service: string; index: number | undefined; server: string | undefined } {
  const match = TARGET.exec(text);
  if (match === null) return { service: text.normalize("NFC"), index: undefined, server: undefined };
  const [, service = "", index, server] = match;
  return {
    service: service.normalize("NFC"),
    index: index === undefined ? undefined : Number(index),
    server: server?.normalize("NFC"),
  };
}

/** "web/2@nas", as it can be typed again. */
export function targetName({ service, index, server }: Target): string {
  return `${service}${index === undefined ? "" : `/${index}`}${server === undefined ? "" : `@${server.name}`}`;
}

/** Whether a service has all labels ("key" or "key=value") and the kind that were asked for. */
function fits(status: ServiceStatus, labels: readonly string[], kind: string | undefined): boolean {
  return (
    (kind === undefined || status.kind === kind.toLowerCase()) && labels.every((wanted) => hasLabel(status, wanted))
  );
}

function hasLabel({ labels }: ServiceStatus, wanted: string): boolean {
  const equals = wanted.indexOf("=");
  if (equals < 0) return Object.hasOwn(labels, wanted);
  return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}

/** A selection that was looked up: what it leaves of the status of services. */
export interface Selected {
  /** Services that fit, with their instances on the servers that were meant. */
  statuses: ServiceStatus[];
  /** The servers that were meant; null when none were named: all. */
  places: Places;
}

/**
 * Applies a selection to all services. What stands after -t is a label where a service has it, else a tag of servers. Asks for the
 * servers only when some are meant; exit 4 for one that there is not.
 */
export async function select(client: Client, all: ServiceStatus[], selection: Selection): Promise<Selected> {
  const { places } = splitWords(all, selection);
  return selectFrom(all, hasPlaces(places) ? await client.call("GET /api/servers") : [], selection);
}

/** The same for servers that are known already. */
export function selectFrom(all: ServiceStatus[], servers: readonly ServerNode[], selection: Selection): Selected {
  const words = splitWords(all, selection);
  const places = placesAmong(servers, words.places);
  const fitting = all.filter((status) => fits(status, words.labels, selection.kind));
  return { statuses: places === null ? fitting : fitting.flatMap((status) => onPlaces(status, places) ?? []), places };
}

function splitWords(
  all: readonly ServiceStatus[],
  { t = [], label = [], server, tag = [] }: Selection,
): { labels: string[]; places: PlaceSelection } {
  const isLabel = (word: string): boolean => word.includes("=") || all.some((status) => hasLabel(status, word));
  return {
    labels: [...label, ...t.filter(isLabel)],
    places: { server, tag: [...tag, ...t.filter((word) => !isLabel(word))] },
  };
}

/** The service with its instances there; undefined where it does not belong and does not run. */
export function onPlaces(status: ServiceStatus, places: NonNullable<Places>): ServiceStatus | undefined {
  const ids = new Set(places.map(({ id }) => id));
  const instances = status.instances.filter(({ server_id }) => ids.has(server_id));
  if (instances.length === 0 && !status.placed_on.some((id) => ids.has(id))) return undefined;
  return { ...status, instances };
}

/** The services meant. Asks the hub only when something other than names selects; exit 4 when nothing fits. */
export async function findTargets(client: Client, names: string[], selection: Selection): Promise<Target[]> {
  const { kind, all: every, label, t } = selection;
  const selects = kind !== undefined || every === true || label !== undefined;
  if (names.length > 0 && (selects || t !== undefined)) {
    throw usageFailure("Give names or a selection (-t, --label, -k, --all), not both; -s and --tag go with names");
  }
  const given = names.map(parseTarget);
  const anywhere = given.every(({ server }) => server === undefined) && !hasPlaces(selection);
  if (anywhere && names.length > 0) return given.map(({ service, index }) => ({ service, index, server: undefined }));
  if (anywhere && !selects && t === undefined) {
    throw usageFailure("Say which services: NAME…, -t LABEL or TAG, -s SERVER, -k KIND or --all");
  }
  const all = await client.call("GET /api/status");
  if (names.length > 0) return await namedTargets(client, all, given, selection);
  const { statuses, places } = await select(client, all, selection);
  if (statuses.length > 0) return statuses.flatMap((status) => targetsOf(status, places, undefined));
  throw new CliFailure(`No service is selected: none of ${all.length} fits`, {
    exitCode: EXIT.notFound,
    code: "not_found",
  });
}

async function namedTargets(
  client: Client,
  all: ServiceStatus[],
  given: ReturnType<typeof parseTarget>[],
  selection: Selection,
): Promise<Target[]> {
  const common = await findPlaces(client, selection);
  const targets = await Promise.all(
    given.map(async ({ service, index, server }) => {
      const places = server === undefined ? common : await findPlaces(client, { server: [server] });
      const status = all.find(({ name }) => name === service);
      // The hub has the words for a name that there is not.
      if (status === undefined) return [{ service, index, server: undefined }];
      const found = targetsOf(status, places, index);
      if (found.length > 0 || server === undefined) return found;
      throw notPlaced(service, [{ name: server }]);
    }),
  );
  if (targets.some((found) => found.length > 0)) return targets.flat();
  throw notPlaced(given.map(({ service }) => service).join(", "), common ?? []);
}

/**
 * The whole service where the servers meant are all it belongs on, so that it stays as it was asked to be; else its part on each
 * of them. None where it belongs on none.
 */
function targetsOf({ name, placed_on }: ServiceStatus, places: Places, index: number | undefined): Target[] {
  if (places === null) return [{ service: name, index, server: undefined }];
  const there = places.filter(({ id }) => placed_on.includes(id));
  if (there.length === placed_on.length && there.length > 0) return [{ service: name, index, server: undefined }];
  return there.map((server) => ({ service: name, index, server }));
}
