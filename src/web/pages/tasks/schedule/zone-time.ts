// Times as clocks of a zone show them.

/** The zone of this browser. */
export const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const STYLES = {
  full: { weekday: "short", month: "short", day: "numeric", ...TIME },
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  weekday: { weekday: "short", ...TIME },
  time: TIME,
} as const;
type Style = keyof typeof STYLES;

const formats = new Map<string, Intl.DateTimeFormat>();

/** "Thu, Nov 26, 02:30" by the clocks of a zone; by those of UTC, and said so, where this browser does not know the zone. */
export function formatInZone(at: number, zone: string): string {
  return format(at, zone, "full");
}

/** The same moment by the clocks of `other`, beside that: the time alone where both show the same date, else with its weekday. */
export function formatBeside(at: number, zone: string, other: string): string {
  const sameDate = format(at, zone, "date") === format(at, other, "date");
  return format(at, other, sameDate ? "time" : "weekday");
}

/** Do clocks of both zones show the same at all these times? */
export function sameClocks(times: readonly number[], one: string, other: string): boolean {
  return one === other || times.every((at) => formatInZone(at, one) === formatInZone(at, other));
}

/** All zones that this browser knows, by name. */
export function knownZones(): readonly string[] {
  // Browsers leave out the one that needs no rules.
  return [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])].toSorted();
}

function format(at: number, zone: string, style: Style): string {
  const key = `${style} ${zone}`;
  let known = formats.get(key);
  if (known === undefined) formats.set(key, (known = makeFormat(zone, style)));
  return known.format(at);
}

function makeFormat(zone: string, style: Style): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(undefined, { ...STYLES[style], timeZone: zone });
  } catch {
    const named = style === "date" ? {} : { timeZoneName: "short" as const };
    return new Intl.DateTimeFormat(undefined, { ...STYLES[style], ...named, timeZone: "UTC" });
  }
}
