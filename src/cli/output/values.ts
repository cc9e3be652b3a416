// Numbers and times as people read them in tables.
import { formatUptime, GIB, KIB, MIB } from "../../base/units.ts";

/** "12.3M"; binary units. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return "";
  if (bytes < KIB) return `${Math.round(bytes)}B`;
  if (bytes < MIB) return `${short(bytes / KIB)}K`;
  if (bytes < GIB) return `${short(bytes / MIB)}M`;
  return `${short(bytes / GIB)}G`;
}

/** "0.3%", of one core. */
export function formatPercent(percent: number | null): string {
  return percent === null ? "" : `${percent.toFixed(1)}%`;
}

/** How long ago, as the predecessor wrote it: "2d 5h 23m". */
export function formatSince(time: string | null, now = Date.now()): string {
  return time === null ? "" : formatUptime(now - Date.parse(time));
}

/** Local time to the second: "2026-11-23 14:03:59". */
export function formatTime(time: string | number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A value inside a sentence: text quoted, the rest as JSON. */
export function formatValue(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/** A message about a thing, with the thing's name in it once. */
export function withName(name: string, message: string): string {
  return message.includes(name) ? message : `${name}: ${message}`;
}

function short(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
