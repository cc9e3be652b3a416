// Named units, so that a number in the code says what it is.

/** Milliseconds in a second. */
export const SECOND = 1000;
/** Milliseconds in a minute. */
export const MINUTE = 60 * SECOND;
/** Milliseconds in an hour. */
export const HOUR = 60 * MINUTE;
/** Milliseconds in a day. */
export const DAY = 24 * HOUR;

/** Bytes in a kibibyte. */
export const KIB = 1024;
/** Bytes in a mebibyte. */
export const MIB = 1024 * KIB;
/** Bytes in a gibibyte. */
export const GIB = 1024 * MIB;

const DURATION = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/;
const DURATION_UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** Reads "500ms", "10s", "5m", "1h", "2d" or a bare number of seconds; milliseconds, or undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * (DURATION_UNITS[match[2] ?? "s"] ?? SECOND);
}

const SIZE = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?\s*$/i;
const SIZE_UNITS: Record<string, number> = { k: KIB, m: MIB, g: GIB, t: 1024 * GIB };

/** Reads "512M", "1.5GiB", "64k" or a bare number of bytes (all binary); bytes, or undefined when it is none of these. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * (SIZE_UNITS[match[2]?.toLowerCase() ?? ""] ?? 1));
}

/** The predecessor's uptime text: "2d 5h 23m", "5h 2m", "3m 4s". */
export function formatUptime(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / SECOND));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days}d ${hours}h ${minutes}m`;
  if (hours > 0) return `${hours}h ${minutes}m`;
  return `${minutes}m ${seconds % 60}s`;
}
