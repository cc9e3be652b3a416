// Memory and swap of the machine, from /proc/meminfo.
import { numberAfter } from "../../processes/proc-files.ts";
import type { MetricValues } from "./metric-values.ts";
import { percentOf } from "./numbers.ts";

/** Bytes. */
export interface MachineMemory {
  total: number;
  /** What programs could still get without swapping. */
  available: number;
  /** Pages of files and of the kernel's own caches that it can drop, as free(1) counts them; undefined where not told. */
  cached: number | undefined;
  buffers: number | undefined;
  swapTotal: number;
  swapFree: number;
}

/** /proc/meminfo in bytes; kernels before 3.14 have no MemAvailable, then free and cached pages stand in. */
export function parseMeminfo(text: string): MachineMemory | undefined {
  const bytes = (key: string) => {
    const kilobytes = numberAfter(text, key);
    return kilobytes === undefined ? undefined : kilobytes * 1024;
  };
  const total = bytes("MemTotal");
  if (total === undefined) return undefined;
  const cached = bytes("Cached");
  const buffers = bytes("Buffers");
  return {
    total,
    available: bytes("MemAvailable") ?? (bytes("MemFree") ?? 0) + (buffers ?? 0) + (cached ?? 0),
    cached: cached === undefined ? undefined : cached + (bytes("SReclaimable") ?? 0),
    buffers,
    swapTotal: bytes("SwapTotal") ?? 0,
    swapFree: bytes("SwapFree") ?? 0,
  };
}

/** Puts memory and swap; without swap its percent is 0, as the predecessor told it. */
export function putMemory(values: MetricValues, memory: MachineMemory): void {
  const used = memory.total - memory.available;
  const swapUsed = memory.swapTotal - memory.swapFree;
  values.put("memory_percent", percentOf(used, memory.total));
  values.put("memory_total_bytes", memory.total);
  values.put("memory_used_bytes", used);
  values.put("memory_available_bytes", memory.available);
  values.put("memory_cached_bytes", memory.cached);
  values.put("memory_buffers_bytes", memory.buffers);
  values.put("swap_percent", percentOf(swapUsed, memory.swapTotal) ?? 0);
  values.put("swap_total_bytes", memory.swapTotal);
  values.put("swap_used_bytes", swapUsed);
}
