// What somebody chose to see of the output.
import type { InstanceRef } from "../instance-ref.ts";
import type { Filter } from "./output-buffer.ts";

export interface OutputChoice extends Filter {
  /** filter: only lines with the text. mark: all lines, the text marked. */
  mode: "filter" | "mark";
  instance: InstanceRef;
  /** Lines as written, also where they could be read as fields. */
  raw: boolean;
}

/** Which lines show. */
export function filterOf({ text, stream, mode }: OutputChoice): Filter {
  return { text: mode === "filter" ? text : "", stream };
}
