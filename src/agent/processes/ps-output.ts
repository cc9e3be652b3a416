// Parses what ps prints where there is no /proc (macOS, BSD). LC_ALL=C is set, so that dates and numbers have one form.
import type { ProcessStat } from "./process-table.ts";

/** Columns asked of ps: those that macOS, the BSDs and procps all know, the free-form one last. */
export const PS_COLUMNS = "pid=,ppid=,pgid=,uid=,rss=,state=,time=,lstart=,comm=";

/** One line of ps, and the owner that it tells along the way. */
export interface PsRow {
  stat: ProcessStat;
  uid: number;
}

const ROW =
  /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([A-Z?])\S*\s+([\d:.-]+)\s+\w{3}\s+(\w{3}\s+\d+\s+\d+:\d+:\d+\s+\d{4})\s+(.*?)\s*$/;

/** A row, or undefined when the line is none. `startTicks` counts hundredths since 1970, so that it is stable and ordered. */
export function parsePsRow(line: string): PsRow | undefined {
  const match = ROW.exec(line);
  if (match === null) return undefined;
  const [, pid, ppid, pgid, uid, rss, state, time, started, command] = match;
  const seconds = parseCpuTime(time ?? "");
  const start = Date.parse(started ?? "");
  if (seconds === undefined || Number.isNaN(start)) return undefined;
  return {
    uid: Number(uid),
    stat: {
      pid: Number(pid),
      ppid: Number(ppid),
      pgrp: Number(pgid),
      // macOS prints an address for the session; the group is the nearest thing that every ps knows.
      session: Number(pgid),
      name: command?.split("/").at(-1) ?? "",
      state: state ?? "?",
      startTicks: start / 10,
      cpuSeconds: seconds,
      reapedCpuSeconds: 0,
      threads: 1,
      rss: Number(rss) * 1024,
    },
  };
}

/** "[[dd-]hh:]mm:ss[.cc]" in seconds. */
export function parseCpuTime(text: string): number | undefined {
  const match = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) return undefined;
  const [, days = "0", hours = "0", minutes, seconds] = match;
  return Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Environment in the output of `ps eww`: NAME=value words after the command; a word that is no NAME=value continues a value. */
export function parsePsEnvironment(line: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let current: string | undefined;
  for (const word of line.trim().split(" ")) {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word);
    if (match !== null) {
      current = match[1] ?? "";
      variables[current] = match[2] ?? "";
    } else if (current !== undefined) {
      variables[current] += ` ${word}`;
    }
  }
  return variables;
}
