// When a task is due next: a countdown by the hub's clock. Without a connection it says only what was known, and until when.
import type { TaskRecord } from "../../../contract/task.ts";
import { useLink } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { formatExact, formatShortClock, NONE } from "../../ui/format.ts";
import { useTicking } from "../../ui/ticker.ts";
import { countdown } from "./run-look.ts";
import styles from "./Tasks.module.css";

export function NextRun({ task: { enabled, next_run: next, servers } }: { task: TaskRecord }) {
  if (!enabled) return <span className={styles["faint"]}>off</span>;
  if (next === null) {
    return (
      <span className={styles["faint"]} title={servers.length === 0 ? "No server has it" : undefined}>
        {servers.length === 0 ? "nowhere to run" : NONE}
      </span>
    );
  }
  return <Countdown to={Date.parse(next)} />;
}

/** "in 4 min"; when the connection is lost, the time alone: somebody may have changed it since. */
export function Countdown({ to }: { to: number }) {
  const { store } = useApp();
  const link = useLink();
  const words = useTicking((now) => countdown(to, now + store.clockSkew));
  const lost = link.phase === "lost";
  return (
    <time
      dateTime={new Date(to).toISOString()}
      title={
        lost ? `${formatExact(to)}, as it was known at ${formatShortClock(link.since, Date.now())}` : formatExact(to)
      }
      className={lost ? styles["old"] : undefined}
    >
      {lost ? formatShortClock(to, Date.now()) : words}
    </time>
  );
}
