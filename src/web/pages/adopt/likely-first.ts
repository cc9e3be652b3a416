// Which foreign processes are worth looking at first.
import type { ExternalProcess } from "../../../contract/agent.ts";

/** Those that listen on ports, then those that have been there for longest: services do both. */
export function likelyFirst(processes: readonly ExternalProcess[]): ExternalProcess[] {
  return processes.toSorted((a, b) => b.ports.length - a.ports.length || a.create_time - b.create_time);
}
