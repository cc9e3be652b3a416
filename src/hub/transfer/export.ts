// `export`: the predecessor's three files, as it wrote them.
import type { z } from "zod";
import { LEGACY_SETTINGS_FIELDS } from "../../contract/settings.ts";
import type { exportResultSchema } from "../../contract/transfer.ts";
import { toLegacyServer } from "../store/legacy-server.ts";
import type { Store } from "../store/store.ts";
import { toLegacyService } from "./legacy-service.ts";

/** Exactly the predecessor's fields of every service, in the order in which they were added; of the settings; all servers but the hub's own, whose files these are. */
export async function exportLegacy(store: Store): Promise<z.infer<typeof exportResultSchema>> {
  const [records, servers, settings] = await Promise.all([
    store.listServices(),
    store.listServers(),
    store.getSettings(),
  ]);
  const legacy = Object.fromEntries(LEGACY_SETTINGS_FIELDS.map((field) => [field, settings[field]]));
  const others = servers.filter(({ kind }) => kind !== "hub");
  return { services: records.map(toLegacyService), servers: others.map(toLegacyServer), settings: legacy };
}
