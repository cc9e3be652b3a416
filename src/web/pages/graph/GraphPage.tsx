// How services depend on one another: a drawing in layers or a list with the same facts, and the order in which some start and stop.
import { useMemo } from "react";
import { Link, useLocation, useSearch } from "wouter";
import type { Graph } from "../../../contract/graph.ts";
import { useService } from "../../api/hooks.ts";
import { connected } from "../../dependencies/facts.ts";
import { useGraph } from "../../dependencies/use-graph.ts";
import { paths, type GraphView } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { More } from "../../ui/FormLayout.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { useMedia } from "../../ui/use-media.ts";
import { RowState } from "../overview/parts.tsx";
import { Drawing } from "./Drawing.tsx";
import { GraphList } from "./GraphList.tsx";
import { OrderPanel } from "./OrderPanel.tsx";
import styles from "./Graph.module.css";

const SAMPLE = `services:
  db:
    command: postgres -D data
    checks: [{ kind: tcp, port: 5432, role: readiness }]
  api:
    command: node server.js
    depends_on:
      db: { condition: healthy, restart: true }
  web: { command: node web.js, depends_on: [api] }`;

export function GraphPage() {
  const { data, error, isPending } = useGraph();
  const { view, service, setView } = useView();
  const drawn = data !== undefined && data.edges.length > 0;
  return (
    <Page
      title="Graph"
      sub={data === undefined ? undefined : subOf(data)}
      actions={
        drawn ? (
          <div role="group" aria-label="Show as" className={styles["views"]}>
            <Button size="s" aria-pressed={view === "graph"} onClick={() => setView("graph")}>
              Graph
            </Button>
            <Button size="s" aria-pressed={view === "list"} onClick={() => setView("list")}>
              List
            </Button>
          </div>
        ) : undefined
      }
    >
      {error === null ? null : <ErrorNotice error={error} />}
      {isPending ? <Loading lines={6} label="Loading the graph" /> : null}
      {data !== undefined && !drawn ? <Nothing /> : null}
      {drawn ? <Filled graph={data} view={view} service={service} /> : null}
    </Page>
  );
}

function Filled({ graph, view, service }: { graph: Graph; view: GraphView; service: string | null }) {
  const { layers, alone } = useMemo(() => connected(graph), [graph]);
  return (
    <>
      {view === "graph" ? (
        <Drawing graph={graph} layers={layers} picked={service} />
      ) : (
        <GraphList graph={graph} layers={layers} />
      )}
      {alone.length === 0 ? null : (
        <div className={styles["alone"]}>
          <More summary={`${plural(alone.length, "service")} on ${alone.length === 1 ? "its" : "their"} own`}>
            <ul aria-label="On their own">
              {alone.map((name) => (
                <Alone key={name} name={name} />
              ))}
            </ul>
          </More>
        </div>
      )}
      <OrderPanel graph={graph} layers={layers} />
    </>
  );
}

function Alone({ name }: { name: string }) {
  const status = useService(name);
  return (
    <li>
      <Link href={paths.service(name)}>{name}</Link>
      {status === undefined ? null : <RowState status={status} acting={undefined} />}
    </li>
  );
}

function Nothing() {
  return (
    <Empty
      title="No service depends on another yet"
      buttons={<ButtonLink to={paths.overview()}>To the services</ButtonLink>}
    >
      <p>
        A service that depends on others waits until they run, are healthy or have completed, and is restarted with them
        where you say so. Name them in the form of a service, or in <code>tailherd.yaml</code>:
      </p>
      <pre className={styles["sample"]} tabIndex={0} aria-label="A sample of tailherd.yaml">
        {SAMPLE}
      </pre>
    </Empty>
  );
}

function subOf({ nodes, edges }: Graph): string {
  const unmet = edges.filter(({ met }) => !met).length;
  return [
    plural(nodes.length, "service"),
    edges.length > 0 && plural(edges.length, "dependency", "dependencies"),
    unmet > 0 && `${unmet} not met`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** On a phone the list, which fits, unless the drawing is asked for. */
function useView(): { view: GraphView; service: string | null; setView: (view: GraphView) => void } {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const narrow = useMedia("(max-width: 767px)");
  const wanted = search.get("view");
  const service = search.get("service");
  return {
    view: wanted === "graph" || wanted === "list" ? wanted : narrow ? "list" : "graph",
    service,
    setView: (view) => navigate(paths.graph({ view, service }), { replace: true }),
  };
}
