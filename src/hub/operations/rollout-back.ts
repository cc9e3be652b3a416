// Puts back the definition of a service that ran before a rolling restart failed.
import { isDeepStrictEqual } from "node:util";
import { TailherdError } from "../../contract/errors.ts";
import type { Catalog } from "../services/catalog.ts";
import type { ServiceEdits } from "../services/service-edits.ts";
import { specOf } from "../store/spec-of.ts";
import type { Actor, RollingService, Store } from "../store/store.ts";

/** Saves the definition again that ran before; or why that cannot be. `revision` is the one that it was. Once done, again changes nothing. */
export type PutBack = (
  service: RollingService,
  actor: Actor,
) => Promise<{ outcome: "saved"; revision: number } | { outcome: "not"; why: string }>;

/** The real one. */
export function makePutBack(parts: {
  store: Pick<Store, "getRevision">;
  catalog: Pick<Catalog, "get">;
  edits: Pick<ServiceEdits, "put">;
}): PutBack {
  return async ({ name, revision, before }, actor) => {
    const record = parts.catalog.get(name);
    if (record === undefined) return not(`"${name}" was deleted meanwhile`);
    if (before === null) return not("its agents told of no definition that ran before");
    if (before === revision) return not(`the saved definition (revision ${revision}) is what ran before, too`);
    const spec = await parts.store.getRevision(name, before);
    if (spec === undefined) return not(`revision ${before}, which ran before, is not kept any more`);
    // A hub that ended right after it was put back.
    if (isDeepStrictEqual(specOf(record), spec)) return { outcome: "saved", revision: before };
    if (record.owner !== null)
      return not(`the file ${record.owner} owns the definition; revision ${before} ran before`);
    if (record.revision !== revision)
      return not(`somebody saved revision ${record.revision} of the definition meanwhile`);
    try {
      await parts.edits.put(spec, { kind: "revision", revision }, actor);
      return { outcome: "saved", revision: before };
    } catch (error) {
      const refused =
        error instanceof TailherdError && (error.code === "invalid" || error.code === "revision_conflict");
      if (refused) return not(error.message);
      throw error;
    }
  };
}

function not(why: string): { outcome: "not"; why: string } {
  return { outcome: "not", why };
}
