// Names, and the scalar forms (durations, sizes) that several schemas share.
import { z } from "zod";
import { parseDuration, parseSize, SECOND } from "../base/units.ts";

const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,63}$/u;

/** 1 to 64 letters, digits, blanks, `.`, `_`, `-` of any script, beginning with a letter or digit; kept in NFC (promises.md). */
export const nameSchema = z
  .string()
  .transform((text) => text.normalize("NFC").trim())
  .pipe(
    z
      .string()
      .regex(NAME, "must be 1 to 64 letters, digits, blanks, '.', '_' or '-', beginning with a letter or digit"),
  )
  .meta({ description: "1 to 64 letters, digits, blanks, '.', '_', '-', beginning with a letter or digit" });

/** A TCP port. */
export const portSchema = z.int().min(1).max(65_535);

/** Seconds as a number, or text with a unit ("500ms", "10s", "5m", "1h"); seconds after parsing. */
export const durationSchema = z.union([z.number().nonnegative(), z.string()]).transform((value, context) => {
  if (typeof value === "number") return value;
  const milliseconds = parseDuration(value);
  if (milliseconds !== undefined) return milliseconds / SECOND;
  context.addIssue({ code: "custom", message: 'must be seconds or a text like "500ms", "10s", "5m", "1h"' });
  return z.NEVER;
});

/** Bytes as a number, or text with a binary unit ("512M", "1.5GiB"); bytes after parsing. */
export const sizeSchema = z.union([z.int().nonnegative(), z.string()]).transform((value, context) => {
  if (typeof value === "number") return value;
  const bytes = parseSize(value);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: "custom", message: 'must be bytes or a text like "64k", "512M", "2GiB"' });
  return z.NEVER;
});

/** ISO 8601 in UTC. */
export const isoTimeSchema = z.iso.datetime({ offset: true });
