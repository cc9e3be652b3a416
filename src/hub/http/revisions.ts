// Revisions as HTTP says them: the ETag of what can be changed, and If-Match of who changes it.
import { TailherdError } from "../../contract/errors.ts";

/** The header that tells a revision. */
export function etag({ revision }: { revision: number }): { etag: string } {
  return { etag: `"${revision}"` };
}

/** The revision of If-Match; undefined where any will do. Throws `revision_conflict` for an ETag that cannot be ours: it matches nothing. */
export function matchOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const revision = /^\s*(?:W\/)?"?(\d{1,15})"?\s*$/.exec(header)?.[1];
  if (revision === undefined) {
    throw new TailherdError(
      "revision_conflict",
      `Cannot save: If-Match ${header.slice(0, 100)} is no revision of ours`,
    );
  }
  return Number(revision);
}
