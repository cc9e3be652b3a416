// The run directory of an instance: what agent and shim tell each other, and what the next agent must know. Layout:
//   ctl            FIFO, the shim's orders, two lines each: "start GENERATION" and "GENERATION", "quit" and "quit"
//   launch, body   shell text that a start runs; written anew before a start when the definition changed
//   state-*.json   what this agent would tell the next one, see state-file.ts
//   ends-*.json    the last ends, which are told again to whoever listens anew, see exit-log.ts
//   checks-*.json  results of health checks, written when an agent closes
//   told/          written by shim and launch only, watched by the agent:
//     shim         "JOINED BOOT STAT VERSION": who the shim is, whether it came into its cgroups (1) or not (0), and what it speaks
//     pid          "GENERATION BOOT STAT": who the service is; STAT is its line of /proc/PID/stat, or its pid where there is none
//     exit         "GENERATION STATUS" as the shell counts, 128 + n for signal n; then "signal" if the shell says that it was one;
//                  then ", " and the same of the end before it
//     reason       "GENERATION WORD…": why a launch gave up, or "exec" after the pre_start hook
//     words        what the shim's own shell says: a line when the service ended by a signal; emptied by the shim
//   output/        the output log's files
// Files in told/ are made once with a block of their own and overwritten in place: a full disk loses no exit code.
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
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

/** How a generation ended. */
export interface ToldExit {
  generation: number;
  /** As the shell counts: 128 + n for signal n. */
  status: number;
  /** The shell said that it was a signal; a program may end with a code above 128 too. */
  signalled: boolean;
}

const TOLD = ["shim", "pid", "exit", "reason", "words"] as const;
/** One for all, used within a call only: a small one for each would keep a whole piece of Node's pool, 64 KiB, alive. */
const scratch = Buffer.allocUnsafeSlow(2048);
const BLANK = `${" ".repeat(511)}\n`;

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
  readonly checks: StateFile;
  private readonly written = new Map<string, { text: string; stamp: string }>();

  constructor(root: string, key: string) {
    this.key = key;
    this.path = join(root, key);
    this.told = join(this.path, "told");
    this.output = join(this.path, "output");
    this.fifo = join(this.path, "ctl");
    this.state = new StateFile(this.path);
    this.ends = new StateFile(this.path, "ends");
    this.checks = new StateFile(this.path, "checks");
  }

  /** Makes what is missing, except the FIFO, which the shim's starter makes. */
  make(): void {
    mkdirSync(this.told, { recursive: true, mode: 0o700 });
    mkdirSync(this.output, { recursive: true, mode: 0o700 });
    for (const name of TOLD) {
      const path = join(this.told, name);
      if (existsSync(path)) continue;
      writeFileSync(path, name === "words" ? "" : BLANK, { mode: 0o600 });
    }
  }

  get hasFifo(): boolean {
    return statSync(this.fifo, { throwIfNoEntry: false })?.isFIFO() ?? false;
  }

  /** `version`: 0 where none is told, as before there were versions. */
  readShim(): (ToldProcess & { joined: boolean; version: number }) | undefined {
    const line = this.line("shim");
    const version = / v(\d+)$/.exec(line);
    const [joined, bootId, ...stat] = line.slice(0, version?.index).split(" ");
    const process = parseTold(bootId, stat);
    return process && { ...process, joined: joined === "1", version: Number(version?.[1] ?? 0) };
  }

  readPid(): (ToldProcess & { generation: number }) | undefined {
    const [generation, bootId, ...stat] = this.line("pid").split(" ");
    const process = parseTold(bootId, stat);
    return process && Number.isInteger(Number(generation)) ? { ...process, generation: Number(generation) } : undefined;
  }

  readExit(): ToldExit | undefined {
    return parseExit(this.line("exit").split(", ")[0]);
  }

  /** The end before the one that was told last, if the same shim saw it. */
  readExitBefore(): ToldExit | undefined {
    return parseExit(this.line("exit").split(", ")[1]);
  }

  readReason(): { generation: number; words: string[] } | undefined {
    const [generation, ...words] = this.line("reason").split(" ");
    return generation === undefined || !/^\d+$/.test(generation)
      ? undefined
      : { generation: Number(generation), words };
  }

  /** Forgets what was told of an end. */
  clearExit(): void {
    writeFileSync(join(this.told, "exit"), BLANK, { mode: 0o600 });
  }

  /** Replaces a file at once; nothing is done when it holds this text already, and nobody touched it since. */
  write(name: "launch" | "body", text: string): void {
    const path = join(this.path, name);
    const written = this.written.get(name);
    if (written?.text === text && written.stamp === stampOf(path)) return;
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.written.set(name, { text, stamp: stampOf(path) });
  }

  /** Sends away whoever listens, known or not, once it has nothing to wait for; the next shim gets a FIFO of its own. */
  retireFifo(): void {
    this.order("quit");
    rmSync(this.fifo, { recursive: true, force: true });
  }

  /** Gives the shim an order; false when there is no shim to hear it. */
  order(order: { start: number } | "quit"): boolean {
    const text = order === "quit" ? "quit\nquit\n" : `start ${order.start}\n${order.start}\n`;
    let file: number;
    try {
      // Without a reader the open itself fails (ENXIO): a dead shim is noticed, and no order waits for the next one.
      file = openSync(this.fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (["ENXIO", "ENOENT", "EISDIR"].some((code) => isSystemError(error, code))) return false;
      throw error;
    }
    try {
      // A file in its place would take any order, and nobody would hear it.
      if (!fstatSync(file).isFIFO()) return false;
      // On a line of its own, whatever was written into it before.
      writeSync(file, `\n${text}`);
      return true;
    } catch (error) {
      // Full: whoever listens has not for a long time. Broken: it was killed since the open, and may have been dying then.
      if (isSystemError(error, "EAGAIN") || isSystemError(error, "EPIPE")) return false;
      throw error;
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

function parseExit(text: string | undefined): ToldExit | undefined {
  const match = /^(\d+) (\d+)( signal)?$/.exec(text ?? "");
  if (match === null) return undefined;
  return { generation: Number(match[1]), status: Number(match[2]), signalled: match[3] !== undefined };
}

/** Changes when a file is replaced or written. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
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
