// How a platform tells of its machine: `host-reader-linux.ts` reads /proc and /sys, `host-reader-portable.ts` asks node:os.
import type { MetricValues } from "./metric-values.ts";

/** Reads everything that does not wait, and looks now and then at what may. */
export interface HostReader {
  /** Puts what is known now; rates are since the call before. `at`: monotonic milliseconds. */
  put(values: MetricValues, at: number): void;
  /** Looks again at filesystems and sensors, off the event loop; never fails, may take long. */
  refresh(): Promise<void>;
  /** CPU percent of the last interval that had any; since boot before the second `put`. */
  lastCpuPercent(): number;
}
