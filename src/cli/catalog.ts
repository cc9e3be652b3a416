// The list of commands: name, one line, and the file that defines the rest, loaded only when the command is used.
import type { Command } from "commander";
import type { Context } from "./context.ts";

/** What a command's file exports: it adds arguments, options and the act. */
export type Define = (command: Command, context: Context) => void;

/** One command. */
export interface CatalogEntry {
  name: string;
  aliases?: string[];
  summary: string;
  group: "Services" | "Definitions" | "Watching" | "The hub" | "This program";
  /** Left out of help and completion. */
  hidden?: boolean;
  load: () => Promise<Define>;
}

const act = async () => await import("./commands/act.ts");

/** In the order of the help. */
export const CATALOG: readonly CatalogEntry[] = [
  {
    name: "ps",
    aliases: ["status"],
    summary: "Services as they are now",
    group: "Services",
    load: async () => (await import("./commands/ps.ts")).define,
  },
  { name: "start", summary: "Start services", group: "Services", load: async () => (await act()).defineStart },
  {
    name: "stop",
    summary: "Ask services to end, and wait",
    group: "Services",
    load: async () => (await act()).defineStop,
  },
  {
    name: "restart",
    summary: "Stop, then start as defined now",
    group: "Services",
    load: async () => (await act()).defineRestart,
  },
  {
    name: "kill",
    summary: "End services without asking",
    group: "Services",
    load: async () => (await act()).defineKill,
  },
  {
    name: "add",
    summary: "Define a service",
    group: "Definitions",
    load: async () => (await import("./commands/add.ts")).define,
  },
  {
    name: "rm",
    aliases: ["remove"],
    summary: "Stop services and delete their definitions",
    group: "Definitions",
    load: async () => (await import("./commands/rm.ts")).define,
  },
  {
    name: "show",
    summary: "One service: state, definition, why it ended",
    group: "Definitions",
    load: async () => (await import("./commands/show.ts")).define,
  },
];
