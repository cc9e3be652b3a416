// Puts processes in the order and depth of their tree.
import type { ProcessInfo } from "../../../contract/status.ts";

export interface TreeRow {
  process: ProcessInfo;
  /** 0 for processes whose parent is not among them. */
  depth: number;
  /** No sibling follows. */
  last: boolean;
}

/** Parents before their children, siblings by pid. Loops (a list read while pids were reused) end. */
export function flattenTree(processes: readonly ProcessInfo[]): TreeRow[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  const children = new Map<number, ProcessInfo[]>();
  const roots: ProcessInfo[] = [];
  for (const process of [...processes].sort((a, b) => a.pid - b.pid)) {
    if (!pids.has(process.ppid) || process.ppid === process.pid) roots.push(process);
    else children.set(process.ppid, [...(children.get(process.ppid) ?? []), process]);
  }
  const rows: TreeRow[] = [];
  const seen = new Set<number>();
  const visit = (list: readonly ProcessInfo[], depth: number): void => {
    list.forEach((process, index) => {
      if (seen.has(process.pid)) return;
      seen.add(process.pid);
      rows.push({ process, depth, last: index === list.length - 1 });
      visit(children.get(process.pid) ?? [], depth + 1);
    });
  };
  visit(roots, 0);
  visit(
    processes.filter(({ pid }) => !seen.has(pid)),
    0,
  );
  return rows;
}
