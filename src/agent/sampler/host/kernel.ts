// The small figures of the kernel: load, pressure, threads, open files, connections.
import type { MetricValues } from "./metric-values.ts";
import { percentOf, readNumbers } from "./numbers.ts";

/** Load averages over 1, 5 and 15 minutes, and how many threads there are. */
export interface LoadAverages {
  load: readonly [number, number, number];
  threads: number;
}

/** /proc/loadavg: "0.03 0.13 0.08 1/97 7251". */
export function parseLoadavg(text: string): LoadAverages | undefined {
  const match = /^(\d{1,9}\.\d+) (\d{1,9}\.\d+) (\d{1,9}\.\d+) \d+\/(\d{1,15})\b/.exec(text);
  if (match === null) return undefined;
  const [, one, five, fifteen, threads] = match.map(Number);
  return { load: [one ?? 0, five ?? 0, fifteen ?? 0], threads: threads ?? 0 };
}

/** Percent of the last ten seconds in which some, or all, threads that had work were stalled. */
export interface Pressure {
  some: number | undefined;
  full: number | undefined;
}

/** A file of /proc/pressure; `full` of cpu says nothing for a whole machine, and is missing before Linux 5.13. */
export function parsePressure(text: string): Pressure {
  const average = (kind: string) => {
    const match = new RegExp(`^${kind} avg10=(\\d{1,9}\\.\\d+)`, "m").exec(text);
    return match?.[1] === undefined ? undefined : Number(match[1]);
  };
  return { some: average("some"), full: average("full") };
}

/** Descriptors that are open, and how many may be; the limit is beyond what a number can hold on most machines. */
export interface OpenFiles {
  open: number;
  limit: number;
}

const fileNumbers = new Float64Array(3);

/** /proc/sys/fs/file-nr: "593	0	2466170". */
export function parseFileNr(text: string): OpenFiles | undefined {
  if (readNumbers(text, 0, fileNumbers) < 3) return undefined;
  const [allocated = 0, unused = 0, limit = 0] = fileNumbers;
  return { open: Math.max(0, allocated - unused), limit };
}

/** CurrEstab of /proc/net/snmp: connections over IPv4 and IPv6 in our network namespace. */
export function parseEstablished(text: string): number | undefined {
  const match = /^Tcp: (.*)\nTcp: (.*)$/m.exec(text);
  const at = match?.[1]?.split(" ").indexOf("CurrEstab") ?? -1;
  const value = at < 0 ? undefined : match?.[2]?.split(" ")[at];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Reads a file of /proc as text; undefined where it is not there. */
export type ReadText = (path: string) => string | undefined;

/** Puts what the small files tell; what a kernel does not have takes no place. */
export function putKernel(values: MetricValues, read: ReadText): void {
  const averages = parseLoadavg(read("loadavg") ?? "");
  if (averages !== undefined) {
    values.put("load_1", averages.load[0]);
    values.put("load_5", averages.load[1]);
    values.put("load_15", averages.load[2]);
    values.put("threads", averages.threads);
  }
  const files = parseFileNr(read("sys/fs/file-nr") ?? "");
  if (files !== undefined) {
    values.put("open_files", files.open);
    values.put("open_files_percent", percentOf(files.open, files.limit));
  }
  const established = parseEstablished(read("net/snmp") ?? "");
  if (established !== undefined) values.put("tcp_established", established);
}

/** Puts pressure where the kernel has it: since Linux 4.20, and not with `psi=0`. */
export function putPressure(values: MetricValues, read: ReadText): void {
  const cpu = read("pressure/cpu");
  if (cpu === undefined) return;
  values.put("pressure_cpu_some_percent", parsePressure(cpu).some);
  const memory = parsePressure(read("pressure/memory") ?? "");
  values.put("pressure_memory_some_percent", memory.some);
  values.put("pressure_memory_full_percent", memory.full);
  const io = parsePressure(read("pressure/io") ?? "");
  values.put("pressure_io_some_percent", io.some);
  values.put("pressure_io_full_percent", io.full);
}
