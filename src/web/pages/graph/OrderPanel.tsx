// In which order services start and stop, for all or for those that are picked: the steps before anybody takes one.
import X from "lucide-react/icons/x";
import { useMemo, useState } from "react";
import type { Graph } from "../../../contract/graph.ts";
import { needsByName, planOf } from "../../dependencies/facts.ts";
import { Button } from "../../ui/Button.tsx";
import { Select } from "../../ui/Field.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import styles from "./Graph.module.css";
import { listed } from "../../dependencies/words.ts";

/** Names of a step that are told; the rest is counted. */
const MOST_IN_STEP = 12;

export function OrderPanel({ graph, layers }: { graph: Graph; layers: readonly (readonly string[])[] }) {
  const names = useMemo(() => layers.flat().toSorted(), [layers]);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  // Some may have been deleted meanwhile.
  const picked = chosen.filter((name) => names.includes(name));
  const needs = useMemo(() => needsByName(graph), [graph]);
  const { steps, needed, dependents } = planOf(needs, picked.length === 0 ? names : picked);
  const left = names.filter((name) => !picked.includes(name));
  return (
    <Section title="Order" note={picked.length === 0 ? "of all" : `of ${picked.length} picked`}>
      <Panel>
        <div className={styles["picks"]}>
          <Select
            aria-label="Pick a service for the order"
            quiet
            value=""
            options={[
              { value: "", label: picked.length === 0 ? "All; pick some…" : "Pick another…" },
              ...left.map((value) => ({ value, label: value })),
            ]}
            onChange={(name) => name !== "" && setChosen([...picked, name])}
          />
          {picked.map((name) => (
            <Button
              key={name}
              size="s"
              aria-label={`Leave out ${name}`}
              onClick={() => setChosen(picked.filter((each) => each !== name))}
            >
              {name} <X aria-hidden="true" />
            </Button>
          ))}
          {picked.length === 0 ? null : (
            <Button size="s" look="plain" onClick={() => setChosen([])}>
              All again
            </Button>
          )}
        </div>
        <div className={styles["orders"]}>
          <Steps title="To start" steps={steps}>
            {needed.length === 0 ? null : (
              <p>
                They also need {listed(needed)}, which {needed.length === 1 ? "is" : "are"} not picked.{" "}
                <Button size="s" onClick={() => setChosen([...picked, ...needed])}>
                  Pick {needed.length === 1 ? "it" : "them"} too
                </Button>
              </p>
            )}
          </Steps>
          <Steps title="To stop" steps={steps.toReversed()}>
            {dependents.length === 0 ? null : (
              <p>
                Not picked, and left without what {dependents.length === 1 ? "it needs" : "they need"}:{" "}
                {listed(dependents)}.
              </p>
            )}
          </Steps>
        </div>
      </Panel>
    </Section>
  );
}

function Steps({ title, steps, children }: { title: string; steps: readonly string[][]; children?: React.ReactNode }) {
  return (
    <div className={styles["steps"]}>
      <h3>{title}</h3>
      <ol aria-label={title}>
        {steps.map((names) => (
          <li key={names.join()}>{listed(names, MOST_IN_STEP)}</li>
        ))}
      </ol>
      {children}
    </div>
  );
}
