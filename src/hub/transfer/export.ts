// `export`: the predecessor's three files, as it wrote them.
import type { z } from "zod";
import type { exportResultSchema } from "../../contract/transfer.ts";
import type { Store } from "../store/store.ts";
import { toLegacyService } from "./legacy-service.ts";

/** Exactly the predecessor's fields of every service, in the order in which they were added; settings; servers as they came. */
export async function exportLegacy(store: Store): Promise<z.infer<typeof exportResultSchema>> {
  const [records, servers, settings] = await Promise.all([
    store.listServices(),
    store.getLegacyServers(),
    store.getSettings(),
  ]);
  return { services: records.map(toLegacyService), servers, settings };
}
