// Services that an act on others takes along: those that a start would wait for, those that depend on what is stopped.
import type { RouteResult } from "../contract/routes.ts";
import type { Client } from "./client.ts";
import { usageFailure } from "./failure.ts";
import type { Target } from "./target.ts";

type Graph = RouteResult<"GET /api/graph">;

/** Names of what these would wait for now, directly or not; what is there already, and what has been done, is left alone. */
export function awaitedBy({ edges }: Graph, names: readonly string[]): string[] {
  return grow(names, (name) => edges.flatMap(({ from, to, met }) => (from === name && !met ? [to] : [])));
}

/** Names of what depends on these, directly or not, as far as it is up. */
export function restingOn({ nodes, edges }: Graph, names: readonly string[]): string[] {
  const down = new Set(nodes.flatMap(({ name, state }) => (state === "stopped" || state === "exited" ? [name] : [])));
  return grow(names, (name) => edges.flatMap(({ from, to }) => (to === name ? [from] : []))).filter(
    (name) => !down.has(name),
  );
}

/** The targets, and those that go along. Exit 2 for parts of services: what goes along goes as a whole. */
export async function withThose(
  client: Client,
  targets: Target[],
  along: (graph: Graph, names: readonly string[]) => string[],
): Promise<Target[]> {
  if (targets.some(({ index, server }) => index !== undefined || server !== undefined)) {
    throw usageFailure("Cannot take others along with a part of a service: name services as a whole");
  }
  const names = targets.map(({ service }) => service);
  const more = along(await client.call("GET /api/graph"), names);
  return [...targets, ...more.map((service) => ({ service, index: undefined, server: undefined }))];
}

function grow(names: readonly string[], next: (name: string) => readonly string[]): string[] {
  const found = new Set(names);
  // A set is gone through with what is added on the way.
  for (const name of found) for (const other of next(name)) found.add(other);
  return [...found].filter((name) => !names.includes(name));
}
