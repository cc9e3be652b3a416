// What each target of an operation printed, as it comes.
import { memo, useState } from "react";
import type { Operation } from "../../../contract/operations.ts";
import { FollowedText } from "../../ui/FollowedText.tsx";
import { plural } from "../../ui/format.ts";
import { Section } from "../../ui/Panel.tsx";
import styles from "./Operations.module.css";
import { targetName } from "./progress.ts";
import { usePrinted } from "./use-printed.ts";

/** Outputs that are open at first: with a few targets nobody wants to press each. */
const OPEN_AT_FIRST = 3;

export function Outputs({ operation: { id, targets } }: { operation: Operation }) {
  const printed = usePrinted(id);
  const places = printed.places().filter((place) => targets[place] !== undefined);
  if (places.length === 0) return null;
  return (
    <Section title="Output" note={places.length > OPEN_AT_FIRST ? places.length : undefined}>
      {places.map((place, index) => {
        const target = targets[place];
        if (target === undefined) return null;
        return (
          <Output key={place} name={targetName(target)} openAtFirst={index < OPEN_AT_FIRST} {...printed.of(place)} />
        );
      })}
    </Section>
  );
}

interface OutputProps {
  name: string;
  text: string;
  /** Characters before the text that are not kept. */
  dropped: number;
  openAtFirst: boolean;
}

const Output = memo(function Output({ name, text, dropped, openAtFirst }: OutputProps) {
  const [open, setOpen] = useState(openAtFirst);
  return (
    <details className={styles["output"]} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{name}</summary>
      {open ? (
        <>
          {dropped > 0 ? (
            <p className={styles["dropped"]}>{plural(dropped, "character")} before this are not kept</p>
          ) : null}
          <FollowedText label={`Output of ${name}`} text={text} />
        </>
      ) : null}
    </details>
  );
});
