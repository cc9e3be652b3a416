// This machine in one line: CPU, memory, disk, load, and how old the values are.
import { useSyncExternalStore } from "react";
import type { SystemStats } from "../../../contract/status.ts";
import { useLink, useServices, useStale, useStats } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { cx } from "../../ui/cx.ts";
import { formatClock, formatDuration, formatPercent } from "../../ui/format.ts";
import { useTicking } from "../../ui/ticker.ts";
import styles from "./MachineStrip.module.css";

const FULL = 85;

export function MachineStrip() {
  const stats = useStats();
  const { phase } = useLink();
  const { store } = useApp();
  const services = useServices();
  const statsAt = useSyncExternalStore(store.machine.subscribe, () => store.statsAt);
  const name = services.find(({ instances }) => instances.length > 0)?.instances[0]?.server ?? location.hostname;
  const lost = phase === "lost";
  const stale = useStale();
  return (
    <section aria-label="This server" className={cx(styles["strip"], stale && styles["gone"])}>
      <div className={styles["who"]}>
        <i className={styles["dot"]} data-on={!stale && stats !== null} aria-hidden="true" />
        <b>{name}</b>
        <span className={styles["age"]}>{stats === null ? "no values yet" : <Age at={statsAt} />}</span>
        {stale && stats !== null ? (
          <span className={styles["stale"]}>
            {lost ? "not connected" : "no new samples come"} · values from {formatClock(statsAt)}
          </span>
        ) : null}
      </div>
      <Meter name="cpu" value={stats?.cpu_percent} detail={stats === null ? "" : `${stats.cores} cores`} />
      <Meter
        name="mem"
        value={stats?.memory_percent}
        detail={gigabytes(stats?.memory_used_gb, stats?.memory_total_gb)}
      />
      <Meter name="disk" value={stats?.disk_percent} detail={gigabytes(stats?.disk_used_gb, stats?.disk_total_gb)} />
      <Load stats={stats} />
    </section>
  );
}

function Age({ at }: { at: number }) {
  return useTicking((now) => formatDuration(now - at));
}

function Meter({ name, value, detail }: { name: string; value: number | undefined; detail: string }) {
  return (
    <div className={styles["meter"]}>
      <span className={styles["name"]}>{name}</span>
      <span className={styles["bar"]} aria-hidden="true">
        <i
          className={value !== undefined && value > FULL ? styles["full"] : undefined}
          style={{ width: `${Math.min(100, value ?? 0)}%` }}
        />
      </span>
      <span className={styles["value"]}>{formatPercent(value)}</span>
      <span className={styles["detail"]}>{detail}</span>
    </div>
  );
}

function Load({ stats }: { stats: SystemStats | null }) {
  if (stats === null) return <div />;
  return (
    <div className={styles["load"]}>
      <span title="Load average of 1, 5 and 15 minutes">
        <span className={styles["name"]}>load</span>{" "}
        {[stats.load_1, stats.load_5, stats.load_15].map((load) => load.toFixed(2)).join(" ")}
      </span>
      <span>
        <span className={styles["name"]}>up</span> {formatDuration(stats.uptime * 1000)}
      </span>
    </div>
  );
}

function gigabytes(used: number | undefined, total: number | undefined): string {
  return used === undefined || total === undefined ? "" : `${used.toFixed(1)} of ${total.toFixed(1)} GB`;
}
