// `tailherd top`: a table that renews itself each second on a terminal, and one snapshot elsewhere.
import { emitKeypressEvents } from "node:readline";
import type { Command } from "commander";
import { SECOND } from "../../base/units.ts";
import { STATES_BY_URGENCY } from "../../contract/urgency.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { pause } from "../event-stream.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readDuration } from "../options.ts";
import { cutTo, widthOf, withoutColours } from "../output/text.ts";
import { addSelectionOptions, isSelected, type Selection } from "../target.ts";
import { statusTable } from "./ps.ts";

type Order = "cpu" | "memory" | "name" | "state";

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
    .option("-i, --interval <duration>", "time between two looks", readDuration, SECOND)
    .option("-s, --sort <order>", ORDERS.join(", "), readOrder, "cpu")
    .addHelpText(
      "after",
      "\nKeys: c, m, n, s sort by CPU, memory, name, state; q ends. Off a terminal it prints once.",
    );
  addSelectionOptions(command);
  command.action(async (options: TopOptions) => {
    const client = context.client();
    const live = context.io.stdout.isTTY && (context.format === "table" || context.format === "wide");
    if (live) return await watch(context, client, options);
    const { statuses, stats } = await look(client, options, options.sort);
    await context.emit(
      { stats, services: statuses },
      () => `${summary(stats, statuses)}\n\n${statusTable(context, statuses)}`,
    );
  });
}

interface Look {
  statuses: ServiceStatus[];
  stats: SystemStats;
}

async function look(client: Client, selection: Selection, order: Order): Promise<Look> {
  const [all, stats] = await Promise.all([client.call("GET /api/status"), client.call("GET /api/stats")]);
  return {
    statuses: sorted(
      all.filter((status) => isSelected(status, selection)),
      order,
    ),
    stats,
  };
}

async function watch(context: Context, client: Client, options: TopOptions): Promise<void> {
  using interrupt = new Interrupt();
  const { stdin, stdout } = context.io;
  let order = options.sort;
  let wake = new AbortController();
  const onKey = (_: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
    if (key.name === "q" || (key.ctrl === true && key.name === "c")) interrupt.abort();
    order = KEYS[key.name ?? ""] ?? order;
    wake.abort();
  };
  interrupt.signal.addEventListener("abort", () => wake.abort());
  const onResize = (): void => wake.abort();
  const raw = stdin.isTTY;
  if (raw) {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on("keypress", onKey).resume();
  }
  stdout.on("resize", onResize);
  stdout.write(ENTER);
  try {
    while (!interrupt.signal.aborted) {
      wake = new AbortController();
      stdout.write(await frame(context, client, options, order));
      await pause(options.interval, wake.signal);
    }
  } finally {
    stdout.write(LEAVE);
    stdout.off("resize", onResize);
    if (raw) {
      stdin.off("keypress", onKey).pause();
      stdin.setRawMode(false);
    }
  }
}

/** A whole screen; the lost hub is told in it, and the next look tries again. */
async function frame(context: Context, client: Client, options: TopOptions, order: Order): Promise<string> {
  const columns = context.width ?? 80;
  const rows = context.io.stdout.rows || 24;
  let lines: string[];
  try {
    const { statuses, stats } = await look(client, options, order);
    lines = [summary(stats, statuses), "", ...statusTable(context, statuses).trimEnd().split("\n")];
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    lines = [context.style.red(error.message), "Trying again…"];
  }
  const keys = context.style.dim(`sorted by ${order} | c m n s: sort | q: quit`);
  const shown = lines.slice(0, rows - 2);
  if (lines.length > shown.length) shown[shown.length - 1] = `… and ${lines.length - shown.length + 1} more`;
  return (
    HOME + [...shown, "", keys].map((line) => fit(line, columns, context) + REST_OF_LINE).join("\n") + REST_OF_SCREEN
  );
}

function fit(line: string, columns: number, context: Context): string {
  const bare = withoutColours(line);
  return widthOf(bare) <= columns ? line : cutTo(bare, columns, context.style.unicode);
}

function summary(stats: SystemStats, statuses: ServiceStatus[]): string {
  const running = statuses.filter((status) => status.running).length;
  const bad = statuses.filter(
    (status) => status.state === "fatal" || status.state === "unhealthy" || status.state === "backoff",
  ).length;
  const memory = `memory ${stats.memory_percent.toFixed(0)}% of ${stats.memory_total_gb.toFixed(1)}G`;
  return [
    `${running} of ${statuses.length} running${bad === 0 ? "" : `, ${bad} in trouble`}`,
    `cpu ${stats.cpu_percent.toFixed(0)}% of ${stats.cores} cores`,
    memory,
    `disk ${stats.disk_percent.toFixed(0)}%`,
    `load ${stats.load_1.toFixed(2)} ${stats.load_5.toFixed(2)} ${stats.load_15.toFixed(2)}`,
  ].join(" | ");
}

function sorted(statuses: ServiceStatus[], order: Order): ServiceStatus[] {
  const sum = (status: ServiceStatus, key: "cpu" | "memory"): number =>
    status.instances.reduce((total, instance) => total + (instance[key] ?? 0), 0);
  return statuses.toSorted((a, b) => {
    if (order === "name") return a.name.localeCompare(b.name);
    if (order === "state") return STATES_BY_URGENCY.indexOf(a.state) - STATES_BY_URGENCY.indexOf(b.state);
    return sum(b, order) - sum(a, order);
  });
}

function readOrder(text: string): Order {
  const order = ORDERS.find((each) => each === text);
  if (order === undefined) throw usageFailure(`Cannot sort by "${text}": give one of ${ORDERS.join(", ")}`);
  return order;
}
