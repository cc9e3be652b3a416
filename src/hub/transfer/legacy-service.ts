// A service in the predecessor's `services_config.json`, there and back.
import { LEGACY_SERVICE_FIELDS, type ServiceSpec } from "../../contract/service.ts";

type LegacyField = (typeof LEGACY_SERVICE_FIELDS)[number];
/** The nine fields, each of them always there. */
export type LegacyService = Record<LegacyField, unknown>;

/** The nine fields of a definition. A definition by `argv` becomes the shell line that means the same. */
export function toLegacyService(spec: ServiceSpec): LegacyService {
  const fields = Object.fromEntries(LEGACY_SERVICE_FIELDS.map((field) => [field, spec[field]])) as LegacyService;
  return spec.argv === null ? fields : { ...fields, start_cmd: shellLine(spec.argv) };
}

/**
 * An entry of the file as a definition to be checked, not yet checked: over `existing`, which keeps all that such a file cannot
 * say (environment, limits, …). Empty text and null both mean "not given" in these files, except for the description.
 */
export function fromLegacyService(entry: Record<string, unknown>, existing?: ServiceSpec): Record<string, unknown> {
  const isGiven = ([field, value]: [string, unknown]): boolean =>
    value !== null && (value !== "" || field === "description");
  const given = Object.fromEntries(Object.entries(entry).filter(isGiven));
  if (existing === undefined) return given;
  const kept = Object.fromEntries(
    Object.entries(existing).filter(([field]) => !LEGACY_SERVICE_FIELDS.includes(field as LegacyField)),
  );
  if (existing.argv !== null && given.start_cmd === shellLine(existing.argv)) {
    const { start_cmd: _, ...rest } = given;
    return { ...kept, ...rest };
  }
  return { ...kept, argv: null, ...given };
}

/** The line that makes `/bin/sh` run exactly these words. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}
