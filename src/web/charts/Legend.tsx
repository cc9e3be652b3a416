// Which colour is whose, with the value under the cursor or the last one.
import { NONE } from "../ui/format.ts";
import styles from "./TimeChart.module.css";

/** Names of the tokens of lines, in their order; lines beyond them begin anew, dashed. */
export const COLOURS = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"] as const;

interface LegendProps {
  labels: readonly string[];
  values: readonly (number | null)[];
  format: (value: number) => string;
  colours: readonly string[];
}

export function Legend({ labels, values, format, colours }: LegendProps) {
  return (
    <ul className={styles["legend"]}>
      {labels.map((label, index) => {
        const value = values[index] ?? null;
        return (
          <li key={label} title={label}>
            <i
              aria-hidden="true"
              data-dashed={index >= colours.length}
              style={{ color: `var(${colours[index % colours.length]})` }}
            />
            <span>{label}</span>
            <b>{value === null ? NONE : format(value)}</b>
          </li>
        );
      })}
    </ul>
  );
}
