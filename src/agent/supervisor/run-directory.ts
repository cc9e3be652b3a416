// The run directory of an instance: what agent and shim tell each other, and what the next agent must know. Layout:
//   ctl            FIFO, the shim's orders: "start GENERATION", "quit"
//   launch, body   shell text that a start runs; written anew before a start when the definition changed
//   state-*.json   what this agent would tell the next one, see state-file.ts
//   ends-*.json    the last ends, which are told again to whoever listens anew, see exit-log.ts
//   told/          written by shim and launch only, watched by the agent:
//     shim         "JOINED BOOT STAT": who the shim is, and whether it came into its cgroups (1) or not (0)
//     pid          "GENERATION BOOT STAT": who the service is; STAT is its line of /proc/PID/stat, or its pid where there is none
//     exit         "GENERATION STATUS" as the shell counts: 128 + n for signal n
//     reason       "GENERATION WORD…": why a launch gave up, or "exec" after the pre_start hook
//     words        what the shim's own shell says: a line when the service ended by a signal
//   output/        the output log's files
// Files in told/ are made once with a block of their own and overwritten in place: a full disk loses no exit code.
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { StateFile } from "./state-file.ts";
import { isSystemError } from "./system-words.ts";

/** A process for good: the pid alone may be another one tomorrow (P3). */
export interface ProcessIdentity {
  pid: number;
  startTicks: number;
  bootId: string;
}

/** A process as told by its own shell; without start ticks where there is no /proc. */
export interface ToldProcess {
  pid: number;
  startTicks: number | undefined;
  bootId: string;
}

const TOLD = ["shim", "pid", "exit", "reason", "words"] as const;
const BLOCK = 512;
/** One for all, used within a call only: a small one for each would keep a whole piece of Node's pool, 64 KiB, alive. */
const scratch = Buffer.allocUnsafeSlow(2048);

/** Directory name of an instance: readable, unambiguous, and free of what paths and shells care about. */
export function instanceKey(service: string, index: number): string {
  const slug = service
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 32);
  const hash = createHash("sha256").update(service).digest("hex").slice(0, 8);
  return `${slug === "" ? "service" : slug}-${index}-${hash}`;
}

/** Reads and writes one run directory; everything is small and synchronous, for a shim waits on the other side. */
export class RunDirectory {
  readonly key: string;
  readonly path: string;
  readonly told: string;
  readonly output: string;
  readonly fifo: string;
  readonly state: StateFile;
  readonly ends: StateFile;
  private readonly written = new Map<string, string>();

  constructor(root: string, key: string) {
    this.key = key;
    this.path = join(root, key);
    this.told = join(this.path, "told");
    this.output = join(this.path, "output");
    this.fifo = join(this.path, "ctl");
    this.state = new StateFile(this.path);
    this.ends = new StateFile(this.path, "ends");
  }

  /** Makes what is missing, except the FIFO, which the shim's starter makes. */
  make(): void {
    mkdirSync(this.told, { recursive: true, mode: 0o700 });
    mkdirSync(this.output, { recursive: true, mode: 0o700 });
    for (const name of TOLD) {
      const path = join(this.told, name);
      if (existsSync(path)) continue;
      writeFileSync(path, name === "words" ? "" : `${" ".repeat(BLOCK - 1)}\n`, { mode: 0o600 });
    }
  }

  get hasFifo(): boolean {
    return statSync(this.fifo, { throwIfNoEntry: false })?.isFIFO() ?? false;
  }

  readShim(): (ToldProcess & { joined: boolean }) | undefined {
    const [joined, bootId, ...stat] = this.line("shim").split(" ");
    const process = parseTold(bootId, stat);
    return process && { ...process, joined: joined === "1" };
  }

  readPid(): (ToldProcess & { generation: number }) | undefined {
    const [generation, bootId, ...stat] = this.line("pid").split(" ");
    const process = parseTold(bootId, stat);
    return process && { ...process, generation: Number(generation) };
  }

  readExit(): { generation: number; status: number } | undefined {
    const match = /^(\d+) (\d+)$/.exec(this.line("exit"));
    return match === null ? undefined : { generation: Number(match[1]), status: Number(match[2]) };
  }

  readReason(): { generation: number; words: string[] } | undefined {
    const [generation, ...words] = this.line("reason").split(" ");
    return generation === undefined || !/^\d+$/.test(generation)
      ? undefined
      : { generation: Number(generation), words };
  }

  /** Whether the shim's shell had something to say since `clearWords`. */
  hasWords(): boolean {
    return (statSync(join(this.told, "words"), { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  clearWords(): void {
    if (this.hasWords()) truncateSync(join(this.told, "words"), 0);
  }

  /** Replaces a file at once; nothing is done when it holds this text already. */
  write(name: "launch" | "body", text: string): void {
    if (this.written.get(name) === text) return;
    const path = join(this.path, name);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.written.set(name, text);
  }

  /** Gives the shim an order; false when there is no shim to hear it. */
  order(text: string): boolean {
    let file: number;
    try {
      // Without a reader the open itself fails (ENXIO): a dead shim is noticed, and no order waits for the next one.
      file = openSync(this.fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (isSystemError(error, "ENXIO") || isSystemError(error, "ENOENT")) return false;
      throw error;
    }
    try {
      writeSync(file, `${text}\n`);
      return true;
    } finally {
      closeSync(file);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private line(name: (typeof TOLD)[number]): string {
    let file: number;
    try {
      file = openSync(join(this.told, name), "r");
    } catch {
      return "";
    }
    try {
      const length = readSync(file, scratch, 0, scratch.length, 0);
      const end = scratch.indexOf(10);
      return end < 0 || end >= length ? "" : scratch.toString("utf8", 0, end).trim();
    } finally {
      closeSync(file);
    }
  }
}

/** Fields of /proc/PID/stat after the name, which may hold blanks and ends at the last parenthesis: the 20th is the start. */
function parseTold(bootId: string | undefined, stat: string[]): ToldProcess | undefined {
  const text = stat.join(" ");
  const pid = Number.parseInt(text, 10);
  if (bootId === undefined || bootId === "" || !(pid > 0)) return undefined;
  const close = text.lastIndexOf(")");
  if (close < 0) return { pid, startTicks: undefined, bootId };
  const startTicks = Number(text.slice(close + 2).split(" ")[19]);
  return Number.isNaN(startTicks) ? undefined : { pid, startTicks, bootId };
}
