// Reads what a program says by sd_notify: lines NAME=VALUE in one datagram. Names that nobody here knows are left out, as the protocol asks.
import { sanitize } from "../../spool/sanitize.ts";

/** Characters of a STATUS that are kept. */
export const STATUS_MAX = 256;

/** One thing that a service says of itself. */
export type Notice =
  /** It has come up, or is done reloading. */
  | { says: "ready" }
  | { says: "reloading" }
  | { says: "stopping" }
  /** It is alive. */
  | { says: "alive" }
  /** It knows of itself that it is not well (WATCHDOG=trigger). */
  | { says: "trigger" }
  /** In its own words; null takes back what it said before. */
  | { says: "status"; text: string | null };

const KNOWN: Record<string, Notice> = {
  "READY=1": { says: "ready" },
  "RELOADING=1": { says: "reloading" },
  "STOPPING=1": { says: "stopping" },
  "WATCHDOG=1": { says: "alive" },
  "WATCHDOG=trigger": { says: "trigger" },
};
const STATUS = "STATUS=";
/** Colours, which `sanitize` leaves in, and what would turn the direction of the text around it. */
const LOOKS = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;:]*m|[\u{202A}-\u{202E}\u{2066}-\u{2069}]`, "gv");
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gv;

/** What a datagram says, in its order; nothing of what is no such line. */
export function parseNotices(datagram: string): Notice[] {
  return datagram.split("\n").flatMap((line): Notice[] => {
    if (line.startsWith(STATUS)) return [{ says: "status", text: statusText(line.slice(STATUS.length)) }];
    const known = Object.hasOwn(KNOWN, line) ? KNOWN[line] : undefined;
    return known === undefined ? [] : [known];
  });
}

/** Without control characters and colours, not too long. */
function statusText(value: string): string | null {
  const text = sanitize(value).replaceAll(LOOKS, "").replaceAll(BREAKS, " ").trim();
  const short = Array.from(text).slice(0, STATUS_MAX).join("").trim();
  return short === "" ? null : short;
}
