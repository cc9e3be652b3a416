// Picks the process table that this machine can serve.
import { existsSync } from "node:fs";
import type { ProcessTable } from "./process-table.ts";
import { LinuxProcessTable } from "./process-table-linux.ts";
import { PortableProcessTable } from "./process-table-portable.ts";

/** /proc where there is one, else ps. */
export function createProcessTable(): ProcessTable {
  return existsSync("/proc/self/stat") ? new LinuxProcessTable() : new PortableProcessTable();
}
