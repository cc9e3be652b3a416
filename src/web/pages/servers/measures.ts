// The three numbers that stand for a server, from its last heartbeat. Pure.
import type { ServerNode } from "../../../contract/server.ts";

export const MEASURES = [
  { name: "cpu", title: "CPU", metric: "cpu_percent" },
  { name: "mem", title: "Memory", metric: "memory_percent" },
  { name: "disk", title: "Disk", metric: "disk_percent" },
] as const;
/** One of `MEASURES`. */
export type Measure = (typeof MEASURES)[number];

/** Above this a bar is drawn as nearly full, percent. */
export const FULL = 85;

/** Percent, or undefined where the server does not tell it. The disk is the fullest of its filesystems. */
export function measureOf({ last_metrics: metrics }: ServerNode, { metric }: Measure): number | undefined {
  const own = metrics[metric];
  if (metric !== "disk_percent") return own;
  const filesystems = Object.entries(metrics).flatMap(([key, value]) =>
    key.startsWith("filesystem_percent[") ? [value] : [],
  );
  return own === undefined && filesystems.length === 0 ? undefined : Math.max(own ?? 0, ...filesystems);
}

/** Are its values old? */
export function isOld({ state }: ServerNode): boolean {
  return state === "late" || state === "offline";
}
