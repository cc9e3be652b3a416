// What the kernel says about processes: who lives, what they cost. Linux only, as all supervisors compared here.
import { readdirSync, readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface Identity {
  pid: number;
  /** Clock ticks since boot at its start, field 22 of its stat. */
  start: string;
}

/** Memory in bytes: private to the process (USS), and resident. */
export interface Memory {
  uss: number;
  rss: number;
}

const TICKS_PER_SECOND = 100;
const KIB = 1024;

/** Fields of /proc/PID/stat from the third (state) on; undefined when it is gone. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Who has this pid now; undefined for nobody and for a zombie. */
export function identify(pid: number): Identity | undefined {
  const fields = statFields(pid);
  const start = fields?.[19];
  return fields === undefined || start === undefined || fields[0] === "Z" ? undefined : { pid, start };
}

/** Whether this very process still runs; a zombie does not. */
export function isAlive(process: Identity): boolean {
  return identify(process.pid)?.start === process.start;
}

/** The parent's pid, or undefined when the process is gone. */
export function parentOf(pid: number): number | undefined {
  const text = statFields(pid)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Seconds of CPU used by all threads, dead ones too, and by children that were waited for. Resolution 10 ms. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid) ?? [];
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) / TICKS_PER_SECOND;
}

/** Nanoseconds that living threads spent on a CPU: fine enough for processes that hardly run. */
export function cpuNanoseconds(pid: number): number {
  let sum = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    }
  } catch {
    // A thread or the process ended meanwhile; what it used counts no more.
  }
  return sum;
}

/** Private and resident memory of a process; zeros when it is gone. */
export function memoryOf(pid: number): Memory {
  const rollup = readText(`/proc/${pid}/smaps_rollup`);
  return {
    uss: (fieldKiB(rollup, "Private_Clean") + fieldKiB(rollup, "Private_Dirty")) * KIB,
    rss: fieldKiB(rollup, "Rss") * KIB,
  };
}

/** The most resident memory the process ever had, bytes. */
export function peakMemoryOf(pid: number): number {
  return fieldKiB(readText(`/proc/${pid}/status`), "VmHWM") * KIB;
}

/** Pids of all processes. */
export function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Direct children of a process. */
export function childrenOf(pid: number): number[] {
  return allPids().filter((each) => parentOf(each) === pid);
}

/** The name the kernel keeps of its program, at most 15 characters. */
export function commandName(pid: number): string {
  return readText(`/proc/${pid}/comm`).trim();
}

/** Its command line, arguments joined by blanks. */
export function commandLine(pid: number): string {
  return readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** Whether the process was started with this text in its environment. */
export function hasInEnvironment(pid: number, text: string): boolean {
  return readText(`/proc/${pid}/environ`).includes(text);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function fieldKiB(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}
