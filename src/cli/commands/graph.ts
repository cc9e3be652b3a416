// `tailherd graph`: what depends on what, and in which order services start and stop.
import type { Command } from "commander";
import { dependenciesOf, dependentsOf, type DependencyGraph } from "../../base/dependency-graph.ts";
import type { Graph } from "../../contract/graph.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";
import { EXIT } from "../../contract/error-table.ts";
import { dotText, graphTrees, stepLines } from "../output/graph.ts";

interface GraphOptions {
  reverse?: boolean;
  order?: boolean;
  dot?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[name...]", "services; all that depend on something or are depended on unless given")
    .option("--reverse", "what depends on them, instead of what they depend on")
    .option("--order", "the steps to start them in, with all that they depend on; with --reverse, to stop them in")
    .option("--dot", "as text for Graphviz")
    .addHelpText(
      "after",
      `
Examples:
  tailherd graph
  tailherd graph web            what web needs, and whether it is there
  tailherd graph db --reverse   what a stop of db would touch
  tailherd graph --order
  tailherd graph --dot | dot -Tsvg >services.svg`,
    )
    .action(async (names: string[], options: GraphOptions) => {
      const graph = await context.client().call("GET /api/graph");
      const part = partOf(graph, names, options.reverse === true);
      if (options.dot === true) return context.print(dotText(part));
      if (context.format === "name") return context.print(part.nodes.map(({ name }) => name).join("\n"));
      await context.emit(part, () => words(part, names, options, context));
    });
}

function words(graph: Graph, names: readonly string[], options: GraphOptions, context: Context): string {
  if (graph.nodes.length === 0)
    return "Nothing depends on anything: depends_on in a definition makes a service wait for others.";
  const reverse = options.reverse === true;
  if (options.order === true) return stepLines(reverse ? graph.start_order.toReversed() : graph.start_order).join("\n");
  const below = new Set(graph.edges.map(({ from, to }) => (reverse ? from : to)));
  const tops = graph.nodes.map(({ name }) => name).filter((name) => !below.has(name));
  return graphTrees(graph, names.length > 0 ? names : tops, reverse, context.style).join("\n");
}

/** These with all they depend on, or all that depends on them; without names everything that has an edge. */
function partOf(graph: Graph, names: readonly string[], reverse: boolean): Graph {
  const known = new Set(graph.nodes.map(({ name }) => name));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new CliFailure(`There is no service "${unknown}"`, { exitCode: EXIT.notFound, code: "not_found" });
  }
  const needs: DependencyGraph = new Map(
    graph.nodes.map(({ name }) => [name, graph.edges.flatMap(({ from, to }) => (from === name ? [to] : []))]),
  );
  const linked = graph.edges.flatMap(({ from, to }) => [from, to]);
  const reached = reverse ? dependentsOf(needs, names) : dependenciesOf(needs, names);
  const meant = new Set(names.length === 0 ? linked : [...names, ...reached]);
  return {
    nodes: graph.nodes.filter(({ name }) => meant.has(name)),
    edges: graph.edges.filter(({ from, to }) => meant.has(from) && meant.has(to)),
    start_order: graph.start_order
      .map((layer) => layer.filter((name) => meant.has(name)))
      .filter((layer) => layer.length > 0),
  };
}
