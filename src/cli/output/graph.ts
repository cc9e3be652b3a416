// Dependencies for people: as trees, as steps to start or stop in, as text for Graphviz. Pure functions.
import type { Graph } from "../../contract/graph.ts";
import { paintState, stateSymbol, type Style } from "./style.ts";
import { plain } from "./text.ts";

type Node = Graph["nodes"][number];

/**
 * What each of `roots` depends on, below it; `reverse`: what depends on it. What stands there already is not drawn a second time, but
 * marked: a graph of many ways to the same service would not end on any screen.
 */
export function graphTrees(graph: Graph, roots: readonly string[], reverse: boolean, style: Style): string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const drawn = new Set<string>();
  const lines: string[] = [];
  const [branch, last, through, blank] = style.unicode ? ["├─ ", "└─ ", "│  ", "   "] : ["|- ", "`- ", "|  ", "   "];
  const below = (name: string): Graph["edges"] =>
    graph.edges.filter((edge) => (reverse ? edge.to : edge.from) === name);
  const draw = (name: string, before: string, indent: string, edge: Graph["edges"][number] | undefined): void => {
    const again = drawn.has(name);
    drawn.add(name);
    const inner = below(name);
    const repeated = again && inner.length > 0 ? style.dim(" (see above)") : "";
    lines.push(`${before}${nodeWords(nodes.get(name), name, style)}${edgeWords(edge, style)}${repeated}`);
    if (again) return;
    for (const [at, next] of inner.entries()) {
      const isLast = at === inner.length - 1;
      const other = reverse ? next.from : next.to;
      draw(other, `${indent}${isLast ? last : branch}`, `${indent}${isLast ? blank : through}`, next);
    }
  };
  for (const root of roots) draw(root, "", "", undefined);
  return lines;
}

/** "1. db", "2. api, worker": what happens at the same time stands in one step. */
export function stepLines(steps: readonly (readonly string[])[]): string[] {
  const width = String(steps.length).length;
  return steps.map((names, at) => `${String(at + 1).padStart(width)}. ${names.join(", ")}`);
}

/** For `dot`; names hold no quotes or backslashes. */
export function dotText({ nodes, edges }: Graph): string {
  const lines = [
    "digraph tailherd {",
    "  rankdir=LR;",
    ...nodes.map(({ name, state }) => `  "${name}" [label="${name}\\n${state}"];`),
    ...edges.map(({ from, to, condition, met }) => {
      return `  "${from}" -> "${to}" [label="${condition}"${met ? "" : ", style=dashed"}];`;
    }),
    "}",
  ];
  return lines.join("\n");
}

function nodeWords(node: Node | undefined, name: string, style: Style): string {
  if (node === undefined) return name;
  const { state, reason } = node;
  const why = reason === null ? "" : style.dim(`: ${plain(reason)}`);
  return `${paintState(style, state, stateSymbol(style, state))} ${style.bold(name)} ${paintState(style, state)}${why}`;
}

function edgeWords(edge: Graph["edges"][number] | undefined, style: Style): string {
  if (edge === undefined) return "";
  const words = [
    { started: "", healthy: "must be healthy", completed: "must complete" }[edge.condition],
    edge.restart ? "restarted along" : "",
    edge.met ? "" : "not met",
  ].filter((word) => word !== "");
  return words.length === 0 ? "" : style.dim(` [${words.join(", ")}]`);
}
