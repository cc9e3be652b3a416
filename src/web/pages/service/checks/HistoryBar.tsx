// The last hundred results as a bar: a low green piece for one that passed, a tall red one for one that failed, so that it can be
// read without colours; the sentence beside it says the same.
import type { CheckHistory } from "../../../../contract/check-status.ts";
import { formatExact } from "../../../ui/format.ts";
import { formatTook } from "./check-words.ts";
import styles from "./Checks.module.css";

/** As in the contract; a value of it would load the validator. */
const PLACES = 100;
const HEIGHT = 24;
const LOW = 9;

export function HistoryBar({ results, words }: { results: CheckHistory["results"]; words: string }) {
  const free = PLACES - results.length;
  return (
    <svg
      className={styles["bar"]}
      viewBox={`0 0 ${PLACES} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <rect className={styles["empty"]} x="0" y={HEIGHT - 2} width={PLACES} height="2" />
      {results.map(({ at, ok, message, took }, place) => {
        const height = ok ? LOW : HEIGHT;
        return (
          <rect
            key={at}
            className={ok ? styles["ok"] : styles["failed"]}
            x={free + place + 0.1}
            y={HEIGHT - height}
            width="0.8"
            height={height}
          >
            <title>{`${formatExact(at)}: ${ok ? "passed" : "failed"} in ${formatTook(took)}${message === null ? "" : `: ${message}`}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
