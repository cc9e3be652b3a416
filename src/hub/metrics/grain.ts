// How finely a metric's values are kept. They are rounded on arrival, since digits that nobody can read cost most of the disk;
// a rounded value is a whole number, its code, whose neighbours are the next values up and down.
import { MAX_CODE } from "./bytes.ts";

/**
 * decimal: so many digits after the point. significant: so many digits in all, whatever the size, so that the rounding error is a
 * share of the value.
 */
export interface Grain {
  kind: "decimal" | "significant";
  digits: number;
}

/** Digits after the point, or significant ones, by the unit that ends a metric's name; the first that fits. */
const BY_SUFFIX: readonly [suffix: string, grain: Grain][] = [
  ["_percent", { kind: "decimal", digits: 1 }],
  ["_celsius", { kind: "decimal", digits: 1 }],
  ["_per_second", { kind: "significant", digits: 3 }],
  ["_milliseconds", { kind: "significant", digits: 3 }],
  ["_watts", { kind: "decimal", digits: 1 }],
  ["_bytes", { kind: "significant", digits: 4 }],
];
const OTHERS: Grain = { kind: "decimal", digits: 2 };

/** The rule for a metric by its name, without regard to its label: `fs_used_bytes[/data]` goes by `_bytes`. */
export function grainOf(metric: string): Grain {
  const bracket = metric.indexOf("[");
  const name = bracket === -1 ? metric : metric.slice(0, bracket);
  return BY_SUFFIX.find(([suffix]) => name.endsWith(suffix))?.[1] ?? OTHERS;
}

/** The value as it is kept. Decimal values too large for a code stay as they are. */
export function roundTo(value: number, grain: Grain): number {
  const code = nearestCode(value, grain);
  return Number.isNaN(code) ? value : valueOf(code, grain);
}

/** Ten times as fine, for means. */
export function finer(grain: Grain): Grain {
  return { kind: grain.kind, digits: Math.min(grain.digits + 1, MAX_DIGITS) };
}

/** Digits of either kind at most. */
export const MAX_DIGITS = 12;

const POWERS = Array.from({ length: 330 }, (_, exponent) => Number(`1e${exponent}`));

function power(exponent: number): number {
  return POWERS[exponent] ?? Number.POSITIVE_INFINITY;
}

/** The code of the nearest value; NaN where none fits. */
export function nearestCode(value: number, grain: Grain): number {
  if (grain.kind === "significant") return significantCode(value, grain.digits);
  const code = Math.round(value * power(grain.digits));
  // `+ 0` makes of -0 a 0.
  return Math.abs(code) <= MAX_CODE ? code + 0 : Number.NaN;
}

/** The value of a code. */
export function valueOf(code: number, grain: Grain): number {
  return grain.kind === "decimal" ? code / power(grain.digits) : significantValue(code, grain.digits);
}

/** Smaller values are 0. */
const SMALLEST_EXPONENT = -12;
const LARGEST_EXPONENT = 300;

/** Counts all values with so many digits upwards from the smallest: 1.00, 1.01 … 9.99, 10.0, 10.1 … */
function significantCode(value: number, digits: number): number {
  const size = Math.abs(value);
  if (size < power(-SMALLEST_EXPONENT) ** -1) return 0;
  const low = power(digits - 1);
  let exponent = Math.floor(Math.log10(size));
  let mantissa = mantissaOf(size, exponent, digits);
  // The logarithm is off by one next to powers of ten, and rounding may reach the next one.
  if (mantissa < low) {
    exponent -= 1;
    mantissa = mantissaOf(size, exponent, digits);
  }
  if (mantissa >= low * 10) {
    exponent += 1;
    mantissa = mantissaOf(size, exponent, digits);
  }
  if (exponent < SMALLEST_EXPONENT) return 0;
  if (exponent > LARGEST_EXPONENT) return Number.NaN;
  const code = (exponent - SMALLEST_EXPONENT) * 9 * low + (mantissa - low) + 1;
  return value < 0 ? -code : code;
}

function mantissaOf(size: number, exponent: number, digits: number): number {
  return Math.round(scale(size, digits - 1 - exponent));
}

function significantValue(code: number, digits: number): number {
  if (code === 0) return 0;
  const low = power(digits - 1);
  const position = Math.abs(code) - 1;
  const exponent = Math.floor(position / (9 * low)) + SMALLEST_EXPONENT;
  const mantissa = (position % (9 * low)) + low;
  const size = scale(mantissa, exponent - digits + 1);
  return code < 0 ? -size : size;
}

function scale(value: number, exponent: number): number {
  return exponent >= 0 ? value * power(exponent) : value / power(-exponent);
}

/** A grain in one byte. */
export function grainByte({ kind, digits }: Grain): number {
  return (kind === "significant" ? 16 : 0) + digits;
}

/** The inverse of `grainByte`; undefined for a byte that is none. */
export function grainOfByte(byte: number): Grain | undefined {
  const digits = byte & 15;
  if (byte >= 32 || digits > MAX_DIGITS || (byte >= 16 && digits === 0)) return undefined;
  return { kind: byte >= 16 ? "significant" : "decimal", digits };
}
