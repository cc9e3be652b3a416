// Finds level, message and fields in lines that are JSON objects or logfmt; the text itself stays as it is.
import type { LogLine } from "../../contract/status.ts";
import { sanitize } from "./sanitize.ts";

/** What a structured line says. */
export type Structure = Pick<LogLine, "level" | "message" | "fields">;
type Level = NonNullable<LogLine["level"]>;

const MAX_DEPTH = 20;
const MAX_FIELDS = 200;
const LEVEL_KEYS = new Set(["level", "lvl", "severity", "loglevel", "log.level", "levelname"]);
const MESSAGE_KEYS = new Set(["message", "msg"]);

const LEVEL_NAMES: ReadonlyMap<string, Level> = new Map<string, Level>([
  ...pairs("trace", "trace", "trc", "verbose", "finest"),
  ...pairs("debug", "debug", "dbg", "fine"),
  ...pairs("info", "info", "inf", "information", "notice"),
  ...pairs("warn", "warn", "wrn", "warning"),
  ...pairs("error", "error", "err", "severe"),
  ...pairs("fatal", "fatal", "ftl", "critical", "crit", "panic", "alert", "emerg", "emergency"),
]);

/** Level, message and fields of a sanitized line; undefined when it is plain text. */
export function detectStructure(text: string): Structure | undefined {
  const entries = jsonEntries(text) ?? logfmtEntries(text);
  if (entries === undefined) return undefined;
  let level: Level | undefined;
  let message: string | undefined;
  const fields: [string, unknown][] = [];
  for (const [key, value] of entries) {
    const name = key.toLowerCase();
    if (level === undefined && LEVEL_KEYS.has(name)) {
      level = toLevel(value);
      if (level !== undefined) continue;
    }
    if (message === undefined && MESSAGE_KEYS.has(name) && typeof value === "string") message = value;
    else fields.push([key, value]);
  }
  return {
    ...(level !== undefined && { level }),
    ...(message !== undefined && { message }),
    // fromEntries defines keys instead of assigning them, so "__proto__" stays a plain field.
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
  };
}

function pairs(level: Level, ...names: string[]): [string, Level][] {
  return names.map((name) => [name, level]);
}

function toLevel(value: unknown): Level | undefined {
  if (typeof value === "string") return LEVEL_NAMES.get(value.toLowerCase());
  if (typeof value !== "number" || value < 10) return undefined;
  // Numbers are bunyan's and pino's: 10 trace, 20 debug, … 60 fatal.
  if (value < 20) return "trace";
  if (value < 30) return "debug";
  if (value < 40) return "info";
  if (value < 50) return "warn";
  return value < 60 ? "error" : "fatal";
}

function jsonEntries(text: string): [string, unknown][] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  const clean = cleanValue(value, 0);
  if (clean === undefined) return undefined;
  const entries = Object.entries(clean as Record<string, unknown>);
  return entries.length > MAX_FIELDS ? undefined : entries;
}

/** Copies a parsed value with sanitized texts (JSON escapes can hold control characters); undefined when nested too deep. */
function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return sanitize(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => cleanValue(item, depth + 1));
    return items.includes(undefined) ? undefined : items;
  }
  const entries = Object.entries(value).map(([key, item]) => [sanitize(key), cleanValue(item, depth + 1)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : Object.fromEntries(entries);
}

const LOGFMT_START = /^[A-Za-z_@][\w.@/-]*=/;
const LOGFMT_PAIR = /([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"=]*)(?:[ \t]+|$)/y;

/** Only a line that is nothing but key=value pairs, two or more; prose with an equals sign stays prose. */
function logfmtEntries(text: string): [string, unknown][] | undefined {
  if (!LOGFMT_START.test(text)) return undefined;
  const entries: [string, unknown][] = [];
  LOGFMT_PAIR.lastIndex = 0;
  let end = 0;
  while (end < text.length) {
    const match = LOGFMT_PAIR.exec(text);
    const [, key, value] = match ?? [];
    if (key === undefined || value === undefined || entries.length === MAX_FIELDS) return undefined;
    entries.push([key, value.startsWith('"') ? unquote(value) : value]);
    end = LOGFMT_PAIR.lastIndex;
  }
  return entries.length >= 2 ? entries : undefined;
}

function unquote(value: string): string {
  const inner = value.slice(1, -1);
  return inner.includes("\\")
    ? inner.replace(/\\(.)/g, (_, char: string) => ({ n: " ", t: "\t", r: "" })[char] ?? char)
    : inner;
}
