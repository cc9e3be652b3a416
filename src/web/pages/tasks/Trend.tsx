// The last runs of a task as bars: how long each took, and which did not end well. Failed ones are hollow, so that colour is not alone.
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import { plural } from "../../ui/format.ts";
import { cx } from "../../ui/cx.ts";
import { RUN_LOOK, formatTook } from "./run-look.ts";
import { barsOf, medianTook } from "./trend.ts";
import { useRecentRuns } from "./use-tasks.ts";
import styles from "./Tasks.module.css";

const WIDTH = 5;
const GAP = 2;
const HEIGHT = 24;

export function Trend({ task }: { task: TaskRecord }) {
  const runs = useRecentRuns(task);
  const median = medianTook(runs);
  if (runs.length === 0) return <span className={styles["none"]}>no runs yet</span>;
  return (
    <span className={styles["trend"]}>
      <Bars runs={runs} />
      {median === null ? null : <span className={styles["number"]}>{formatTook(median)}</span>}
    </span>
  );
}

function Bars({ runs }: { runs: readonly TaskRun[] }) {
  const bars = barsOf(runs, HEIGHT - 2);
  const width = bars.length * (WIDTH + GAP);
  return (
    <svg
      className={styles["bars"]}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={summaryOf(runs)}
    >
      {bars.map(({ id, height, outcome }, place) => (
        <rect
          key={id}
          className={cx(styles["bar"], styles[RUN_LOOK[outcome].tone])}
          x={place * (WIDTH + GAP) + 0.75}
          y={HEIGHT - height - 0.75}
          width={WIDTH - 1.5}
          height={height}
          rx="1"
          data-outcome={outcome}
        />
      ))}
    </svg>
  );
}

function summaryOf(runs: readonly TaskRun[]): string {
  const bad = runs.filter(({ outcome }) => outcome === "failed" || outcome === "unknown").length;
  const missed = runs.filter(({ outcome }) => outcome === "skipped").length;
  const words = [
    `Last ${plural(runs.length, "run")}`,
    bad > 0 && `${bad} failed`,
    missed > 0 && `${missed} did not run`,
  ];
  return words.filter((each) => each !== false).join(", ");
}
