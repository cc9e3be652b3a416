// One answer to an act that was done in several places: by an agent on instances, by a hub on servers.
import type { ActResult } from "./agent.ts";

/** The first that did not go well speaks for all; counts are added up. Without any result it was refused: there is nothing to act on. */
export function combineResults(results: readonly ActResult[], nothing: string): ActResult {
  const count = results.reduce((sum, result) => sum + result.count, 0);
  const worst =
    results.find(({ outcome }) => outcome === "failed") ?? results.find(({ outcome }) => outcome === "refused");
  if (worst !== undefined) return { ...worst, count };
  const [first] = results;
  if (first === undefined) return { outcome: "refused", message: nothing, count: 0 };
  return { ...first, message: results.map(({ message }) => message).join("; "), count };
}
