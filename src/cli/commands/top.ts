// `tailherd top`: services, and servers where there are several, in tables that follow what the hub tells on a terminal, and one
// snapshot elsewhere.
import { emitKeypressEvents } from "node:readline";
import type { Command } from "commander";
import { SECOND } from "../../base/units.ts";
import type { ServerMessage } from "../../contract/live.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { ServerNode } from "../../contract/server.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readDuration } from "../options.ts";
import { cutTo, widthOf, withoutColours } from "../output/text.ts";
import { headLines, shownOf, type Look, type Order, type Shown } from "../output/top.ts";
import { addSelectionOptions, type Selection } from "../target.ts";
import { statusTable } from "./ps.ts";

interface TopOptions extends Selection {
  interval: number;
  sort: Order;
}

const ORDERS: readonly Order[] = ["cpu", "memory", "name", "state"];
const KEYS: Record<string, Order> = { c: "cpu", m: "memory", n: "name", s: "state" };

// The other screen, no cursor; and both back.
const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const HOME = "\u001B[H";
const REST_OF_LINE = "\u001B[K";
const REST_OF_SCREEN = "\u001B[J";

export function define(command: Command, context: Context): void {
  command
    .option("-i, --interval <duration>", "shortest time between two drawings", readDuration, SECOND)
    .option("--sort <order>", ORDERS.join(", "), readOrder, "cpu")
    .addHelpText(
      "after",
      "\nKeys: c, m, n, s sort by CPU, memory, name, state; q ends. Off a terminal it prints once.",
    );
  addSelectionOptions(command);
  command.action(async (options: TopOptions) => {
    const client = context.client();
    const live = context.io.stdout.isTTY && (context.format === "table" || context.format === "wide");
    if (live) return await watch(context, client, options);
    const now = await look(client);
    const shown = shownOf(now, options, options.sort);
    await context.emit({ stats: now.stats, servers: shown.servers, services: shown.statuses }, () =>
      [...headLines(context, shown), statusTable(context, shown.statuses)].join("\n"),
    );
  });
}

async function look(client: Client): Promise<Look> {
  const [statuses, stats, servers] = await Promise.all([
    client.call("GET /api/status"),
    client.call("GET /api/stats"),
    serversOf(client),
  ]);
  return { statuses, stats, servers };
}

/** An older hub has none. */
async function serversOf(client: Client): Promise<ServerNode[]> {
  try {
    return await client.call("GET /api/servers");
  } catch (error) {
    if (error instanceof CliFailure && error.exitCode === EXIT.notFound) return [];
    throw error;
  }
}

/** What the screen is made from, kept up by the messages of /ws. */
class Screen {
  order: Order;
  /** Why nothing new comes, while that is so. */
  lost: string | undefined;
  private readonly rows = new Map<string, ServiceStatus>();
  private stats: SystemStats | null;
  private readonly servers = new Map<string, ServerNode>();
  private readonly context: Context;
  private readonly selection: Selection;

  constructor(context: Context, { sort, ...selection }: TopOptions, { statuses, stats, servers }: Look) {
    this.context = context;
    this.selection = selection;
    this.order = sort;
    this.stats = stats;
    this.put(statuses);
    this.putServers(servers);
  }

  /** Whether there is anything new to see in it. */
  take(message: ServerMessage): boolean {
    switch (message.type) {
      case "snapshot":
        this.lost = undefined;
        this.rows.clear();
        this.stats = message.data.stats ?? this.stats;
        this.put(message.data.statuses);
        return true;
      case "status_changed":
        this.put(message.data);
        return true;
      case "service_deleted":
        return this.rows.delete(message.service_name);
      case "system_stats":
        this.stats = message.data;
        return true;
      case "servers":
        this.servers.clear();
        return this.putServers(message.data);
      case "servers_changed":
        for (const id of message.data.removed) this.servers.delete(id);
        return this.putServers(message.data.changed);
      default:
        return false;
    }
  }

  /** All of it; what was last known stays when the hub is lost, and that it is old is said above. */
  draw(): string {
    const { context, order, lost } = this;
    const { style } = context;
    const columns = context.width ?? 80;
    const rows = context.io.stdout.rows || 24;
    const shown = this.shown();
    const state = lost === undefined ? [] : [style.red(`${lost}; trying again…`), ""];
    const lines = [
      ...state,
      ...headLines(context, shown),
      ...statusTable(context, shown.statuses).trimEnd().split("\n"),
    ];
    const keys = style.dim(`sorted by ${order} | c m n s: sort | q: quit`);
    const fitting = lines.slice(0, rows - 2);
    if (lines.length > fitting.length) fitting[fitting.length - 1] = `… and ${lines.length - fitting.length + 1} more`;
    return (
      HOME +
      [...fitting, "", keys].map((line) => fit(line, columns, context) + REST_OF_LINE).join("\n") +
      REST_OF_SCREEN
    );
  }

  /** A server that was asked for and is gone leaves nothing to show. */
  private shown(): Shown {
    const { stats } = this;
    const now = { statuses: [...this.rows.values()], servers: [...this.servers.values()], stats };
    try {
      return shownOf(now, this.selection, this.order);
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      return { statuses: [], servers: [], stats, fleet: true };
    }
  }

  private putServers(servers: readonly ServerNode[]): true {
    for (const server of servers) this.servers.set(server.id, server);
    return true;
  }

  private put(statuses: readonly ServiceStatus[]): void {
    for (const status of statuses) this.rows.set(status.name, status);
  }
}

async function watch(context: Context, client: Client, options: TopOptions): Promise<void> {
  // The first look fails in words when there is no hub; one that is lost later is waited for.
  const first = await look(client);
  shownOf(first, options, options.sort);
  const screen = new Screen(context, options, first);
  const { followLive } = await import("../live-socket.ts");
  using interrupt = new Interrupt();
  const { stdin, stdout } = context.io;
  let drawing: NodeJS.Timeout | undefined;
  const drawNow = (): void => void stdout.write(screen.draw());
  const drawSoon = (): void => {
    drawing ??= setTimeout(() => {
      drawing = undefined;
      drawNow();
    }, options.interval);
  };
  const onKey = (_: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
    if (key.name === "q" || (key.ctrl === true && key.name === "c")) return interrupt.abort();
    screen.order = KEYS[key.name ?? ""] ?? screen.order;
    drawNow();
  };
  const raw = stdin.isTTY;
  if (raw) {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on("keypress", onKey).resume();
  }
  stdout.on("resize", drawNow);
  stdout.write(ENTER);
  try {
    drawNow();
    await followLive({
      address: client.address,
      topics: ["services", "stats", "servers"],
      signal: interrupt.signal,
      onMessage: (message) => {
        const wasLost = screen.lost !== undefined;
        if (!screen.take(message)) return;
        if (wasLost) drawNow();
        else drawSoon();
      },
      onLost: (reason) => {
        screen.lost = `Lost ${client.where}: ${reason}`;
        drawNow();
      },
    });
  } finally {
    clearTimeout(drawing);
    stdout.write(LEAVE);
    stdout.off("resize", drawNow);
    if (raw) {
      stdin.off("keypress", onKey).pause();
      stdin.setRawMode(false);
    }
  }
}

function fit(line: string, columns: number, context: Context): string {
  const bare = withoutColours(line);
  return widthOf(bare) <= columns ? line : cutTo(bare, columns, context.style.unicode);
}

function readOrder(text: string): Order {
  const order = ORDERS.find((each) => each === text);
  if (order === undefined) throw usageFailure(`Cannot sort by "${text}": give one of ${ORDERS.join(", ")}`);
  return order;
}
