// One row of the table. Reads its service itself, so that a change of one service draws one row.
import { memo } from "react";
import { Link } from "wouter";
import { useActing, useService, useSettings } from "../../api/hooks.ts";
import { cpuOf, memoryOf, startedAt } from "../../api/live-store.ts";
import { paths } from "../../paths.ts";
import { cx } from "../../ui/cx.ts";
import { BareCheckbox } from "../../ui/Field.tsx";
import { formatBytes, formatPercent, NONE } from "../../ui/format.ts";
import { Since } from "../../ui/Time.tsx";
import { CpuShape, Ports, RowState, Where } from "./parts.tsx";
import { RowActions } from "./RowActions.tsx";
import type { Selection } from "./selection.ts";
import { useSelected } from "./use-selected.ts";
import styles from "./ServiceRow.module.css";

interface ServiceRowProps {
  name: string;
  /** Place among the lines of the table. */
  index: number;
  /** Keys act on this row. */
  current: boolean;
  selection: Selection;
  order: readonly string[];
  /** There is more than one server: say where it is. */
  fleet: boolean;
}

export const ServiceRow = memo(function ServiceRow({ name, index, current, selection, order, fleet }: ServiceRowProps) {
  const status = useService(name);
  const acting = useActing(name);
  const selected = useSelected(selection, name);
  const settings = useSettings();
  if (status === undefined) return null;
  const cpu = cpuOf(status);
  const started = startedAt(status);
  return (
    <tr
      className={cx(
        styles["row"],
        fleet && styles["fleet"],
        selected && styles["selected"],
        current && styles["current"],
      )}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-service={name}
    >
      <td className={styles["check"]}>
        <BareCheckbox
          label={`Select ${name}`}
          checked={selected}
          onChange={(event) => {
            const { shiftKey } = event.nativeEvent as MouseEvent;
            if (shiftKey) selection.extendTo(name, order);
            else selection.toggle(name);
          }}
        />
      </td>
      <td>
        <RowState status={status} acting={acting} />
      </td>
      <td className={styles["service"]}>
        <Link href={paths.service(name)} data-name="" className={styles["name"]}>
          {name}
        </Link>
        <div className={styles["more"]} title={status.reason ?? undefined}>
          {status.reason ?? status.description}
        </div>
      </td>
      {fleet ? (
        <td className={styles["where"]}>
          <Where status={status} most={3} />
        </td>
      ) : null}
      <td className={styles["ports"]}>
        <Ports status={status} host={settings?.default_tailscale_domain} most={2} />
      </td>
      <td>
        {cpu === null ? (
          <span className={styles["none"]}>{NONE}</span>
        ) : (
          <div className={styles["cpu"]}>
            <CpuShape name={name} />
            <span>{formatPercent(cpu)}</span>
          </div>
        )}
      </td>
      <td className={styles["number"]}>{formatBytes(memoryOf(status))}</td>
      <td className={cx(styles["number"], styles["up"])}>{started === null ? NONE : <Since at={started} />}</td>
      <td className={cx(styles["number"], styles["restarts"])}>
        {status.runtime.restart_count === 0 ? NONE : status.runtime.restart_count}
      </td>
      <td>
        <RowActions status={status} />
      </td>
    </tr>
  );
});
