// CPU, memory and disk of a server as three bars with their numbers.
import type { ServerNode } from "../../../contract/server.ts";
import { cx } from "../../ui/cx.ts";
import { formatPercent } from "../../ui/format.ts";
import { FULL, isOld, MEASURES, measureOf } from "./measures.ts";
import styles from "./ServerBars.module.css";

export function ServerBars({ server }: { server: ServerNode }) {
  return (
    <div className={cx(styles["bars"], isOld(server) && styles["old"])}>
      {MEASURES.map((measure) => (
        <Bar key={measure.name} name={measure.name} value={measureOf(server, measure)} />
      ))}
    </div>
  );
}

function Bar({ name, value }: { name: string; value: number | undefined }) {
  return (
    <div className={styles["bar"]}>
      <span>{name}</span>
      <i aria-hidden="true">
        <i
          className={value !== undefined && value > FULL ? styles["full"] : undefined}
          style={{ width: `${Math.min(100, value ?? 0)}%` }}
        />
      </i>
      <b>{formatPercent(value)}</b>
    </div>
  );
}
