// Turns what SQLite throws into the refusal that people read.
import { TailherdError } from "../../contract/errors.ts";
import { sqliteTrouble, troubleWords } from "./sqlite-trouble.ts";

/** The refusal that people read when a read or a write failed for a reason outside of the program; other errors stay as they are. */
export function storeError(error: unknown, attempted: string, file: string): unknown {
  if (error instanceof TailherdError) return error;
  const trouble = sqliteTrouble(error, file);
  if (trouble === "other") return error;
  const code = trouble === "disk_full" ? "disk_full" : "degraded";
  return new TailherdError(code, `${attempted}: ${troubleWords(trouble, error)}`, { cause: error });
}
