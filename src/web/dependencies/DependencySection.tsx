// What one service depends on and what depends on it, with how each is; nothing where there is neither.
import { Link } from "wouter";
import { useService } from "../api/hooks.ts";
import { RowState } from "../pages/overview/parts.tsx";
import { paths } from "../paths.ts";
import { ButtonLink } from "../ui/Button.tsx";
import { Panel, Section } from "../ui/Panel.tsx";
import styles from "./Dependencies.module.css";
import { GOAL, type Edge } from "./facts.ts";
import { NeedLine } from "./NeedLine.tsx";
import { useGraph } from "./use-graph.ts";

export function DependencySection({ name }: { name: string }) {
  const edges = useGraph().data?.edges ?? [];
  const needs = edges.filter(({ from }) => from === name);
  const neededBy = edges.filter(({ to }) => to === name);
  if (needs.length + neededBy.length === 0) return null;
  return (
    <Section
      title="Dependencies"
      tools={
        <ButtonLink size="s" look="plain" to={paths.graph({ service: name })}>
          Graph
        </ButtonLink>
      }
    >
      <Panel>
        <Part title="Depends on" edges={needs} of={({ to }) => to} />
        <Part title="Needed by" edges={neededBy} of={({ from }) => from} />
      </Panel>
    </Section>
  );
}

function Part({ title, edges, of }: { title: string; edges: readonly Edge[]; of: (edge: Edge) => string }) {
  if (edges.length === 0) return null;
  return (
    <div className={styles["part"]}>
      <h3>{title}</h3>
      <ul aria-label={title}>
        {edges.map((edge) => (
          <li key={of(edge)}>
            {title === "Depends on" ? <NeedLine edge={edge} /> : <NeededLine edge={edge} />}
            <State name={of(edge)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What waits for it, to be how. */
function NeededLine({ edge: { from, condition, restart } }: { edge: Edge }) {
  return (
    <span className={styles["need"]}>
      <Link href={paths.service(from)}>{from}</Link>
      <span className={styles["goal"]}>
        waits for it {GOAL[condition]}
        {restart ? ", is restarted with it" : ""}
      </span>
    </span>
  );
}

function State({ name }: { name: string }) {
  const status = useService(name);
  return status === undefined ? null : <RowState status={status} acting={undefined} />;
}
