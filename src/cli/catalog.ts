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
  group: "Services" | "Servers" | "Watching" | "Definitions" | "The hub" | "This program";
  /** Left out of help and completion. */
  hidden?: boolean;
  load: () => Promise<Define>;
}

/** In the order of the help. */
export const CATALOG: readonly CatalogEntry[] = [
  {
    name: "ps",
    aliases: ["status"],
    summary: "Services as they are now",
    group: "Services",
    load: async () => (await import("./commands/ps.ts")).define,
  },
  {
    name: "start",
    summary: "Start services",
    group: "Services",
    load: async () => (await import("./commands/act.ts")).defineStart,
  },
  {
    name: "stop",
    summary: "Ask services to end, and wait",
    group: "Services",
    load: async () => (await import("./commands/act.ts")).defineStop,
  },
  {
    name: "restart",
    summary: "Stop, then start as defined now",
    group: "Services",
    load: async () => (await import("./commands/act.ts")).defineRestart,
  },
  {
    name: "reload",
    summary: "Let services read their configuration anew, by reload.signal",
    group: "Services",
    load: async () => (await import("./commands/act.ts")).defineReload,
  },
  {
    name: "rollout",
    summary: "Restart services a few instances at a time",
    group: "Services",
    load: async () => (await import("./commands/rollout.ts")).define,
  },
  {
    name: "kill",
    summary: "End services without asking",
    group: "Services",
    load: async () => (await import("./commands/act.ts")).defineKill,
  },
  {
    name: "wait",
    summary: "Until services run, are ready, or healthy",
    group: "Services",
    load: async () => (await import("./commands/wait.ts")).define,
  },
  {
    name: "task",
    aliases: ["tasks"],
    summary: "What is done by the clock",
    group: "Services",
    load: async () => (await import("./commands/task.ts")).define,
  },
  {
    name: "run",
    summary: "A program on servers, once on each",
    group: "Servers",
    load: async () => (await import("./commands/run.ts")).define,
  },
  {
    name: "logs",
    summary: "What services print",
    group: "Watching",
    load: async () => (await import("./commands/logs.ts")).define,
  },
  {
    name: "events",
    summary: "What happened, and what happens",
    group: "Watching",
    load: async () => (await import("./commands/events.ts")).define,
  },
  {
    name: "top",
    summary: "CPU and memory of services, as they change",
    group: "Watching",
    load: async () => (await import("./commands/top.ts")).define,
  },
  {
    name: "show",
    summary: "One service: state, definition, why it ended",
    group: "Watching",
    load: async () => (await import("./commands/show.ts")).define,
  },
  {
    name: "graph",
    summary: "What services depend on, and the order they start in",
    group: "Watching",
    load: async () => (await import("./commands/graph.ts")).define,
  },
  {
    name: "add",
    summary: "Define a service",
    group: "Definitions",
    load: async () => (await import("./commands/add.ts")).define,
  },
  {
    name: "edit",
    summary: "Change a definition in your editor",
    group: "Definitions",
    load: async () => (await import("./commands/edit.ts")).define,
  },
  {
    name: "rm",
    aliases: ["remove"],
    summary: "Stop services and delete their definitions",
    group: "Definitions",
    load: async () => (await import("./commands/rm.ts")).define,
  },
  {
    name: "adopt",
    summary: "Make a definition of a running process",
    group: "Definitions",
    load: async () => (await import("./commands/adopt.ts")).define,
  },
  {
    name: "apply",
    summary: "Make the services of a tailherd.yaml so",
    group: "Definitions",
    load: async () => (await import("./commands/apply.ts")).defineApply,
  },
  {
    name: "diff",
    summary: "What apply would change",
    group: "Definitions",
    load: async () => (await import("./commands/apply.ts")).defineDiff,
  },
  {
    name: "validate",
    summary: "Check a tailherd.yaml",
    group: "Definitions",
    load: async () => (await import("./commands/apply.ts")).defineValidate,
  },
  {
    name: "import",
    summary: "Take over the predecessor's files",
    group: "Definitions",
    load: async () => (await import("./commands/transfer.ts")).defineImport,
  },
  {
    name: "export",
    summary: "Write the predecessor's files",
    group: "Definitions",
    load: async () => (await import("./commands/transfer.ts")).defineExport,
  },
  {
    name: "servers",
    aliases: ["server"],
    summary: "Machines of the fleet: list, show, rename, tag, remove",
    group: "Servers",
    load: async () => (await import("./commands/servers.ts")).define,
  },
  {
    name: "join-token",
    summary: "Tokens that let machines into the fleet",
    group: "Servers",
    load: async () => (await import("./commands/join-token.ts")).define,
  },
  {
    name: "agent",
    summary: "Make this machine a server of a hub, and run its agent in the foreground",
    group: "Servers",
    load: async () => (await import("./commands/agent.ts")).define,
  },
  {
    name: "up",
    summary: "Run hub and agent in the foreground",
    group: "The hub",
    load: async () => (await import("./commands/up.ts")).define,
  },
  {
    name: "open",
    summary: "The dashboard, signed in",
    group: "The hub",
    load: async () => (await import("./commands/open.ts")).define,
  },
  {
    name: "token",
    summary: "Tokens for automation and other machines",
    group: "The hub",
    load: async () => (await import("./commands/token.ts")).define,
  },
  {
    name: "backup",
    summary: "A consistent copy of the hub's database",
    group: "The hub",
    load: async () => (await import("./commands/backup.ts")).defineBackup,
  },
  {
    name: "restore",
    summary: "Put such a copy back",
    group: "The hub",
    load: async () => (await import("./commands/backup.ts")).defineRestore,
  },
  {
    name: "service",
    summary: "Run up or agent as a systemd unit",
    group: "The hub",
    load: async () => (await import("./commands/service.ts")).define,
  },
  {
    name: "doctor",
    summary: "Look for what is wrong, and say what to do",
    group: "This program",
    load: async () => (await import("./commands/doctor.ts")).define,
  },
  {
    name: "config",
    summary: "Options in force, and who set them",
    group: "This program",
    load: async () => (await import("./commands/config.ts")).define,
  },
  {
    name: "completion",
    summary: "Completion for bash, zsh or fish",
    group: "This program",
    load: async () => (await import("./commands/completion.ts")).define,
  },
  {
    name: "__names",
    summary: "",
    group: "This program",
    hidden: true,
    load: async () => (await import("./commands/completion.ts")).defineNames,
  },
];
