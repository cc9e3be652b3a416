// Which servers a command means: by name or id (-s), or by tag.
import type { Command } from "commander";
import { EXIT } from "../contract/error-table.ts";
import type { ServerNode } from "../contract/server.ts";
import type { Client } from "./client.ts";
import { CliFailure } from "./failure.ts";
import { collect } from "./options.ts";

/** A server that a command means. */
export interface Place {
  id: string;
  name: string;
}

/** Null: all of them, none was named. */
export type Places = Place[] | null;

/** Options by which servers are selected. */
export interface PlaceSelection {
  /** Any of these. */
  server?: string[] | undefined;
  /** All of these. */
  tag?: string[] | undefined;
  /** Of -t: labels of services or tags of servers. */
  t?: string[];
}

/** Adds `-s`, `-t` and `--tag`. */
export function addPlaceOptions(command: Command): void {
  command
    .option("-s, --server <server>", "only on this server (name or id); on any of them when given again", collect)
    .option("-t <word>", "services with this label (key or key=value), else servers with this tag", collect)
    .option("--tag <tag>", "only on servers with this tag; with all of them when given again", collect);
}

/** The same for commands that select no services: there -t is a tag. */
export function addServerOptions(command: Command): void {
  command
    .option("-s, --server <server>", "only of this server (name or id); of any of them when given again", collect)
    .option("-t, --tag <tag>", "only of servers with this tag; with all of them when given again", collect);
}

/** Whether any server is named, or a tag of servers. */
export function hasPlaces({ server = [], tag = [] }: PlaceSelection): boolean {
  return server.length + tag.length > 0;
}

/** The servers meant. Asks the hub only when some are; exit 4 for one that there is not, and for tags that none has. */
export async function findPlaces(client: Client, selection: PlaceSelection): Promise<Places> {
  return hasPlaces(selection) ? placesAmong(await client.call("GET /api/servers"), selection) : null;
}

/** The same for servers that are known already. */
export function placesAmong(servers: readonly ServerNode[], { server = [], tag = [] }: PlaceSelection): Places {
  if (server.length === 0 && tag.length === 0) return null;
  const named =
    server.length === 0
      ? servers
      : server.map((wanted) => {
          const found = servers.find(({ id, name }) => id === wanted || name === wanted.normalize("NFC"));
          if (found === undefined) throw none(`There is no server "${wanted}"`);
          return found;
        });
  const tagged = named.filter(({ tags }) => tag.every((each) => tags.includes(each)));
  const [first] = tagged;
  if (first === undefined) throw none(`No server has the tag ${tag.map((each) => `"${each}"`).join(" and ")}`);
  return [...new Map(tagged.map(({ id, name }) => [id, { id, name }])).values()];
}

/** Names by id, where they can be told: an older hub, or one that refuses, leaves them out. */
export async function serverNames(client: Client): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map((await client.call("GET /api/servers")).map(({ id, name }) => [id, name]));
  } catch (error) {
    if (error instanceof CliFailure && error.exitCode !== EXIT.hubUnreachable) return new Map();
    throw error;
  }
}

/** The refusal for a service that does not belong on any of these. */
export function notPlaced(service: string, places: readonly Pick<Place, "name">[]): CliFailure {
  return new CliFailure(`"${service}" is not placed on ${places.map(({ name }) => name).join(", ")}`, {
    exitCode: EXIT.notFound,
    code: "not_found",
    hints: ["See where it runs: tailherd ps -o wide"],
  });
}

function none(words: string): CliFailure {
  return new CliFailure(words, {
    exitCode: EXIT.notFound,
    code: "not_found",
    hints: ["See what there is: tailherd servers"],
  });
}
