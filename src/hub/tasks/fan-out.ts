// How much later a task begins on each of its servers: a pure function of their names. Agents fire by themselves, so each is told its place.
import type { TaskSpec } from "../../contract/task.ts";

/** In order of name, `width` of them together; the first ones when it is due. Seconds by name; empty where all begin together. */
export function turnsOf(
  servers: readonly string[],
  { width, stagger }: TaskSpec["fan_out"],
): { server: string; after: number }[] {
  if (width === null || servers.length <= width) return [];
  return servers.toSorted().map((server, place) => ({ server, after: Math.floor(place / width) * stagger }));
}
