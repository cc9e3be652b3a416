// `tailherd events`: what happened, and with -f what happens.
import type { Command } from "commander";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { Context } from "../context.ts";
import { follow } from "../event-stream.ts";
import { EXIT_INTERRUPTED } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readCount } from "../options.ts";
import { paintState, type Style } from "../output/style.ts";
import { plain } from "../output/text.ts";
import { formatBytes, formatTime } from "../output/values.ts";
import { addServerOptions, findPlaces, serverNames, type Places, type PlaceSelection } from "../places.ts";
import type { Client } from "../client.ts";

interface EventsOptions extends PlaceSelection {
  follow?: boolean;
  lines: number;
  service?: string;
}

export function define(command: Command, context: Context): void {
  addServerOptions(command);
  command
    .option("-f, --follow", "go on as they happen; Ctrl-C ends it")
    .option("-n, --lines <count>", "so many of the last ones", (text) => Math.min(readCount(text, 0), 1000), 20)
    .option("--service <name>", "only of this service")

    .addHelpText(
      "after",
      `
Examples:
  tailherd events
  tailherd events -f --service web
  tailherd events -s nas
  tailherd events -f -n 0 --json | jq -c 'select(.event.type == "instance.exited")'`,
    )
    .action(async (options: EventsOptions) => {
      const client = context.client();
      const { service } = options;
      // Asked for even with -n 0: the newest seq is where following begins without a gap.
      const places = await findPlaces(client, options);
      const names = await serverNames(client);
      const recent = await recentEvents(client, service, places, Math.max(1, options.lines));
      const shown = recent.toReversed().slice(recent.length - Math.min(recent.length, options.lines));
      for (const event of shown) print(context, event, names);
      if (options.follow !== true) {
        if (shown.length === 0) context.note("Nothing has happened yet.");
        return;
      }
      using interrupt = new Interrupt();
      const begin = recent[0]?.seq.toString();
      await follow({
        signal: interrupt.signal,
        open: async (lastId) => {
          const after = lastId ?? begin;
          return await client.open("GET /api/events", {
            query: { service, server: only(places) },
            headers: { accept: "text/event-stream", ...(after !== undefined && { "last-event-id": after }) },
            signal: interrupt.signal,
          });
        },
        onEvent: ({ id, data }) => {
          const event = eventOf(data);
          if (places === null || places.some((place) => place.id === event.server_id)) {
            print(context, { seq: Number(id), event }, names);
          }
        },
        onLost: (reason) => context.note(context.noteStyle.yellow(`-- connection lost (${reason}); trying again --`)),
        onResumed: () => context.note(context.noteStyle.yellow("-- connected again; nothing was missed --")),
      });
      context.exitCode = EXIT_INTERRUPTED;
    });
}

/** Newest first; of several servers merged. */
async function recentEvents(
  client: Client,
  service: string | undefined,
  places: Places,
  limit: number,
): Promise<StoredEvent[]> {
  const asked = (places ?? [undefined]).map(
    async (place) => await client.call("GET /api/events/recent", { query: { service, server: place?.id, limit } }),
  );
  return (await Promise.all(asked))
    .flat()
    .toSorted((a, b) => b.seq - a.seq)
    .slice(0, limit);
}

/** The id of the only server meant; the hub sends only its events then. */
function only(places: Places): string | undefined {
  return places?.length === 1 ? places[0]?.id : undefined;
}

function eventOf(data: string): TailherdEvent {
  const value = JSON.parse(data) as StoredEvent | TailherdEvent;
  return "event" in value ? value.event : value;
}

function print(context: Context, stored: StoredEvent, names: ReadonlyMap<string, string>): void {
  if (context.format === "json" || context.format === "yaml") return context.print(JSON.stringify(stored));
  const { style } = context;
  const { event } = stored;
  const server = event.server_id === null ? undefined : (names.get(event.server_id) ?? event.server_id);
  const of = event.service ?? ("name" in event ? event.name : (server ?? "fleet"));
  const numbered = event.index === null || event.index === 0 ? of : `${of}/${event.index}`;
  // With one machine, where is no question.
  const place = event.service !== null && server !== undefined && names.size > 1 ? `${numbered}@${server}` : numbered;
  const by = event.by === null ? "" : style.dim(` (by ${plain(event.by)})`);
  context.print(`${style.dim(formatTime(event.at))}  ${style.bold(plain(place))}  ${wordsOf(style, event)}${by}`);
}

function wordsOf(style: Style, event: TailherdEvent): string {
  switch (event.type) {
    case "instance.state": {
      const reason = event.reason === null ? "" : `: ${plain(event.reason)}`;
      const pid = event.pid === null ? "" : ` pid ${event.pid}`;
      return `${event.from} ${style.unicode ? "→" : "->"} ${paintState(style, event.state)}${pid}${reason}`;
    }
    case "instance.exited":
      return `ended: ${plain(event.exit.message)}`;
    case "check.state": {
      const reason = event.reason === null ? "" : `: ${plain(event.reason)}`;
      const words = `check ${plain(event.check)} (${event.role}) ${event.state === "failing" ? "fails" : "passes again"}`;
      return event.state === "failing" ? style.yellow(`${words}${reason}`) : words;
    }
    case "output.dropped":
      return style.yellow(`output dropped: ${event.lines} lines, ${formatBytes(event.bytes)} (${plain(event.reason)})`);
    case "service.added":
      return `added, r${event.revision}`;
    case "service.changed":
      return `changed to r${event.revision}`;
    case "service.deleted":
      return "deleted";
    case "server.enrolled":
      return "enrolled";
    case "server.removed":
      return "removed from the fleet";
    case "server.state":
      return `${event.from} ${style.unicode ? "→" : "->"} ${event.state}`;
    case "server.entries_dropped":
      return style.yellow(`${event.entries} entries of its journal are lost (${plain(event.reason)})`);
    default:
      // A newer hub may tell of more than this program knows.
      return (event as { type: string }).type;
  }
}
