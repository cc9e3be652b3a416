// The graph as a table: what each service needs and whether that is met, what needs it, and when it starts. Says all that the drawing shows.
import { useMemo } from "react";
import { Link } from "wouter";
import type { Graph } from "../../../contract/graph.ts";
import { useService } from "../../api/hooks.ts";
import type { Edge } from "../../dependencies/facts.ts";
import { NeedLine } from "../../dependencies/NeedLine.tsx";
import { paths } from "../../paths.ts";
import { NONE } from "../../ui/format.ts";
import { Table, type Column } from "../../ui/Table.tsx";
import { RowState } from "../overview/parts.tsx";
import styles from "./Graph.module.css";

interface Row {
  name: string;
  /** From 1: its place in the order to start in. */
  step: number;
  needs: readonly Edge[];
  neededBy: readonly Edge[];
}

const COLUMNS: Column<Row>[] = [
  { head: "Service", cell: ({ name }) => <Who name={name} /> },
  { head: "Needs", cell: ({ needs }) => <Needs edges={needs} /> },
  { head: "Needed by", cell: ({ neededBy }) => <NeededBy edges={neededBy} /> },
  { head: "Starts", look: "number", cell: ({ step }) => `step ${step}` },
];

export function GraphList({ graph, layers }: { graph: Graph; layers: readonly (readonly string[])[] }) {
  const rows = useMemo(
    () =>
      layers.flatMap((names, layer) =>
        names.map((name): Row => {
          return {
            name,
            step: layer + 1,
            needs: graph.edges.filter(({ from }) => from === name),
            neededBy: graph.edges.filter(({ to }) => to === name),
          };
        }),
      ),
    [graph, layers],
  );
  return <Table label="Dependencies" columns={COLUMNS} rows={rows} rowKey={({ name }) => name} />;
}

function Who({ name }: { name: string }) {
  const status = useService(name);
  const reason = status?.reason ?? null;
  return (
    <span className={styles["who"]}>
      <Link href={paths.service(name)} className={styles["name"]}>
        {name}
      </Link>
      {status === undefined ? null : <RowState status={status} acting={undefined} />}
      {reason === null ? null : <span className={styles["why"]}>{reason}</span>}
    </span>
  );
}

function Needs({ edges }: { edges: readonly Edge[] }) {
  if (edges.length === 0) return NONE;
  return (
    <ul className={styles["needs"]}>
      {edges.map((edge) => (
        <li key={edge.to}>
          <NeedLine edge={edge} />
        </li>
      ))}
    </ul>
  );
}

function NeededBy({ edges }: { edges: readonly Edge[] }) {
  if (edges.length === 0) return NONE;
  return (
    <ul className={styles["neededBy"]}>
      {edges.map(({ from }) => (
        <li key={from}>
          <Link href={paths.service(from)}>{from}</Link>
        </li>
      ))}
    </ul>
  );
}
