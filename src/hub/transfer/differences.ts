// What differs between two definitions, for people: plans of `apply`, "running r12, saved r13", previews.
import { isDeepStrictEqual } from "node:util";

/** One difference; null stands for "not there" (no field of a definition tells those two apart). */
export interface Difference {
  /** Dotted: "restart.backoff.max", "env.PORT". A list is one value: order and length matter in each that we have. */
  path: string;
  from: unknown;
  to: unknown;
}

/** Every leaf that is not equal, in the order of the fields. */
export function differences(from: object, to: object): Difference[] {
  return [...compare("", from, to)];
}

function* compare(path: string, from: unknown, to: unknown): Generator<Difference> {
  if (isDeepStrictEqual(from, to)) return;
  if (!isTree(from) || !isTree(to)) {
    yield { path, from: from ?? null, to: to ?? null };
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    yield* compare(path === "" ? key : `${path}.${key}`, from[key], to[key]);
  }
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
