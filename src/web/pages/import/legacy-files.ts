// Tells the predecessor's three files apart by what is in them, so that their names do not matter.

/** What `POST /api/import` takes of them. */
export interface LegacyFiles {
  services?: Record<string, unknown>[];
  servers?: { id: string; name: string }[];
  settings?: Record<string, unknown>;
}

/** Which of the three a file is, and its content; or why it is none. */
export type Recognised =
  | { kind: keyof LegacyFiles; content: LegacyFiles; count: number }
  | { kind: "unknown"; reason: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads one file's text. */
export function recognise(text: string): Recognised {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: "unknown", reason: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (isObject(value)) {
    if ("scheduled_tasks" in value || "storage_paths" in value || "update_interval_seconds" in value) {
      return { kind: "settings", content: { settings: value }, count: 1 };
    }
    return { kind: "unknown", reason: "it is an object, but holds none of the settings" };
  }
  if (!Array.isArray(value) || !value.every(isObject))
    return { kind: "unknown", reason: "it is no list of services or servers" };
  if (value.length > 0 && value.every((item) => typeof item["id"] === "string" && "host" in item)) {
    return { kind: "servers", content: { servers: value as { id: string; name: string }[] }, count: value.length };
  }
  return { kind: "services", content: { services: value }, count: value.length };
}
