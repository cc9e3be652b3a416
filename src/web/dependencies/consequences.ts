// What stopping or restarting services does to those that depend on them, before it is done. Pure.
import { dependentsOf } from "../../base/dependency-graph.ts";
import type { Graph } from "../../contract/graph.ts";
import type { InstanceState } from "../../contract/status.ts";
import { needsByName } from "./facts.ts";
import { listed } from "./words.ts";

/** The acts that take something away from those that depend on it. */
export type Taking = "stop" | "restart";

/** follows: it is restarted too. keeps: it runs on without it. waits: its next start waits for it. */
export type Fate = "follows" | "keeps" | "waits";

export interface Consequences {
  /** What depends on them directly and is not at rest, and what is restarted with them, by name. */
  told: { name: string; state: InstanceState; fate: Fate; /** What it depends on of them. */ on: string[] }[];
  /** What depends on them through others only. */
  beyond: string[];
}

/** Nothing becomes of what does not run. */
const AT_REST: ReadonlySet<InstanceState> = new Set(["stopped", "exited", "fatal"]);
/** It will start, and then wait for what it needs. */
const TO_START: ReadonlySet<InstanceState> = new Set(["waiting", "backoff"]);

/** `stateOf` tells how each service is now; those that nobody knows of are at rest. */
export function consequencesOf(
  graph: Graph,
  names: readonly string[],
  action: Taking,
  stateOf: (name: string) => InstanceState | undefined,
): Consequences {
  const acted = new Set(names);
  const followers = action === "restart" ? followersOf(graph, names) : new Set<string>();
  const taken = new Set([...acted, ...followers]);
  const told = new Map<string, Consequences["told"][number]>();
  for (const { from, to } of graph.edges) {
    const state = stateOf(from);
    if (acted.has(from) || !taken.has(to) || state === undefined || AT_REST.has(state)) continue;
    const one = told.get(from) ?? { name: from, state, fate: fateOf(state, followers.has(from)), on: [] };
    one.on.push(to);
    told.set(from, one);
  }
  const all = dependentsOf(needsByName(graph), names);
  const isBeyond = (name: string): boolean =>
    !acted.has(name) && !told.has(name) && !AT_REST.has(stateOf(name) ?? "stopped");
  return {
    told: [...told.values()].toSorted((a, b) => a.name.localeCompare(b.name, "en")),
    beyond: [...all].filter(isBeyond).toSorted(),
  };
}

/** Those that say `restart` of one of them, or of another such one. */
function followersOf({ edges }: Graph, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const { from, to, restart } of edges) {
      if (to !== name || !restart || found.has(from) || names.includes(from)) continue;
      found.add(from);
      open.push(from);
    }
  }
  return found;
}

function fateOf(state: InstanceState, follows: boolean): Fate {
  return follows ? "follows" : TO_START.has(state) ? "waits" : "keeps";
}

/** "keeps running without db": what becomes of one. */
export function fateWords({ fate, on }: Consequences["told"][number], action: Taking): string {
  const it = listed(on.toSorted(), on.length);
  if (fate === "follows") return "is restarted too";
  if (fate === "waits") return `waits for ${it} before it starts`;
  return action === "stop"
    ? `keeps running without ${it}`
    : `keeps running; ${it} ${on.length > 1 ? "are" : "is"} away for a moment`;
}
