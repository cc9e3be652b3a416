// The dearer files of single processes: proportional memory, open descriptors, storage I/O, children.
import { statSync } from "node:fs";
import { listDirectory, numberAfter, ProcReader } from "../processes/proc-files.ts";
import { parsePids } from "../processes/process-tree.ts";

/** Bytes read from and written to storage by a process and the children it has waited for. */
export interface StorageIo {
  read: number;
  write: number;
}

/** Reads files of /proc/PID; each method answers undefined where the file is gone, refused, or unknown to the kernel. */
export class ProcessFiles {
  private readonly root: string;
  private readonly reader: ProcReader;

  constructor(procRoot = "/proc", reader = new ProcReader()) {
    this.root = procRoot;
    this.reader = reader;
  }

  /** Proportional set size in bytes: shared pages divided among those who share them. Costs with the size of the process. */
  pss(pid: number): number | undefined {
    const text = this.reader.text(`${this.root}/${pid}/smaps_rollup`);
    const kilobytes = text === undefined ? undefined : numberAfter(text, "Pss");
    return kilobytes === undefined ? undefined : kilobytes * 1024;
  }

  /** How many descriptors it has open. */
  openFiles(pid: number): number | undefined {
    const directory = `${this.root}/${pid}/fd`;
    try {
      // Since Linux 6.2 the size of the directory is their number; before, it is 0.
      const { size } = statSync(directory);
      return size > 0 ? size : listDirectory(directory).length;
    } catch {
      return undefined;
    }
  }

  io(pid: number): StorageIo | undefined {
    const text = this.reader.text(`${this.root}/${pid}/io`);
    if (text === undefined) return undefined;
    const read = numberAfter(text, "read_bytes");
    const write = numberAfter(text, "write_bytes");
    return read === undefined || write === undefined ? undefined : { read, write };
  }

  /** Pids of children; undefined where the kernel was built without CONFIG_PROC_CHILDREN. `threads` spares listing one. */
  children(pid: number, threads: number): number[] | undefined {
    const tasks = threads === 1 ? [String(pid)] : listDirectory(`${this.root}/${pid}/task`);
    const children: number[] = [];
    for (const task of tasks) {
      const found = this.reader.read(`${this.root}/${pid}/task/${task}/children`);
      if (found === undefined) {
        if (task === String(pid)) return undefined;
        continue;
      }
      if (found.length > 0) children.push(...parsePids(found.bytes.toString("latin1", 0, found.length)));
    }
    return children;
  }
}
