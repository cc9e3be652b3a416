// The dense table: a real table whose rows outside the window are two spacers.
import ArrowDown from "lucide-react/icons/arrow-down";
import ArrowUp from "lucide-react/icons/arrow-up";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useServers } from "../../api/hooks.ts";
import { BareCheckbox } from "../../ui/Field.tsx";
import { cx } from "../../ui/cx.ts";
import type { Group, SortKey, View } from "./filter.ts";
import type { Selection } from "./selection.ts";
import { ServiceRow } from "./ServiceRow.tsx";
import styles from "./ServiceTable.module.css";
import type { ListKeys } from "./use-list-keys.ts";
import { useRows } from "./use-rows.ts";

const ROW = 49;
const GROUP = 36;
/** Columns that show at every width. A cell that spans hidden ones too would make them anew, empty. */
const SHOWN_COLUMNS = 7;

interface ServiceTableProps {
  groups: readonly Group[];
  order: readonly string[];
  selection: Selection;
  keys: ListKeys;
  view: View;
  onView: (view: View) => void;
}

type Line = { group: Group } | { name: string; place: number };

export function ServiceTable({ groups, order, selection, keys, view, onView }: ServiceTableProps) {
  const lines = useMemo(() => linesOf(groups), [groups]);
  const rows = useRows(useMemo(() => lines.map((line) => ("group" in line ? GROUP : ROW)), [lines]));
  const { onReveal, cursor } = keys;
  const { reveal } = rows;
  useEffect(() => {
    onReveal((place) => reveal(lines.findIndex((line) => "place" in line && line.place === place)));
    return () => onReveal(null);
  });
  const fleet = (useServers()?.length ?? 1) > 1;
  const first = rows.items[0];
  const last = rows.items.at(-1);
  const below = last === undefined ? 0 : rows.height - last.start - last.size;
  return (
    <div className={styles["frame"]} ref={rows.box}>
      <table className={cx(styles["table"], fleet && styles["fleet"])} aria-rowcount={lines.length + 1}>
        <caption className="visually-hidden">Services, their state, ports, CPU, memory and uptime</caption>
        <Head order={order} selection={selection} view={view} onView={onView} fleet={fleet} />
        <tbody>
          {first !== undefined && first.start > 0 ? <Spacer height={first.start} /> : null}
          {rows.items.map(({ index }) => {
            const line = lines[index];
            if (line === undefined) return null;
            if ("group" in line)
              return (
                <GroupRow key={`group ${line.group.title}`} group={line.group} index={index} selection={selection} />
              );
            return (
              <ServiceRow
                key={line.name}
                name={line.name}
                index={index}
                current={line.place === cursor}
                selection={selection}
                order={order}
                fleet={fleet}
              />
            );
          })}
          {below > 0 ? <Spacer height={below} /> : null}
        </tbody>
      </table>
    </div>
  );
}

function linesOf(groups: readonly Group[]): Line[] {
  let place = 0;
  return groups.flatMap((group): Line[] => [
    ...(group.title === "" ? [] : [{ group }]),
    ...group.names.map((name) => ({ name, place: place++ })),
  ]);
}

function Spacer({ height }: { height: number }) {
  return (
    <tr aria-hidden="true" className={styles["spacer"]}>
      <td style={{ height }} />
    </tr>
  );
}

function Head({
  order,
  selection,
  view,
  onView,
  fleet,
}: Pick<ServiceTableProps, "order" | "selection" | "view" | "onView"> & { fleet: boolean }) {
  useSyncExternalStore(selection.changed.subscribe, selection.changed.getVersion);
  const chosen = order.filter((name) => selection.has(name)).length;
  const all = order.length > 0 && chosen === order.length;
  return (
    <thead className={styles["head"]}>
      <tr>
        <th className={styles["check"]} scope="col">
          <BareCheckbox
            label="Select all services shown"
            checked={all}
            mixed={chosen > 0 && !all}
            onChange={() => selection.set(order, !all)}
          />
        </th>
        <SortHead label="State" sort="state" view={view} onView={onView} className={styles["state"]} />
        <SortHead label="Service" sort="name" view={view} onView={onView} />
        {fleet ? (
          <th scope="col" className={styles["where"]}>
            Where
          </th>
        ) : null}
        <th scope="col" className={styles["ports"]}>
          Ports
        </th>
        <SortHead label="CPU" sort="cpu" view={view} onView={onView} className={styles["cpu"]} />
        <SortHead label="Memory" sort="memory" view={view} onView={onView} className={styles["number"]} />
        <SortHead label="Up" sort="up" view={view} onView={onView} className={cx(styles["number"], styles["up"])} />
        <SortHead
          label="Restarts"
          sort="restarts"
          view={view}
          onView={onView}
          className={cx(styles["number"], styles["restarts"])}
        />
        <th scope="col" className={styles["acts"]}>
          <span className="visually-hidden">Actions</span>
        </th>
      </tr>
    </thead>
  );
}

/** Numbers are most wanted from the top. */
const DESCENDS_FIRST: readonly SortKey[] = ["cpu", "memory", "up", "restarts"];

function SortHead({
  label,
  sort,
  view,
  onView,
  className,
}: {
  label: string;
  sort: SortKey;
  view: View;
  onView: (view: View) => void;
  className?: string | undefined;
}) {
  const here = view.sort === sort;
  const Arrow = view.descending ? ArrowDown : ArrowUp;
  return (
    <th scope="col" className={className} aria-sort={here ? (view.descending ? "descending" : "ascending") : undefined}>
      <button
        type="button"
        onClick={() => onView({ ...view, sort, descending: here ? !view.descending : DESCENDS_FIRST.includes(sort) })}
      >
        {label}
        {here ? <Arrow aria-hidden="true" /> : null}
      </button>
    </th>
  );
}

function GroupRow({ group, index, selection }: { group: Group; index: number; selection: Selection }) {
  useSyncExternalStore(selection.changed.subscribe, selection.changed.getVersion);
  const chosen = group.names.filter((name) => selection.has(name)).length;
  const all = chosen === group.names.length;
  return (
    <tr className={styles["group"]} aria-rowindex={index + 2}>
      <td className={styles["check"]}>
        <BareCheckbox
          label={`Select all of ${group.title}`}
          checked={all}
          mixed={chosen > 0 && !all}
          onChange={() => selection.set(group.names, !all)}
        />
      </td>
      <th colSpan={SHOWN_COLUMNS - 1} scope="rowgroup">
        {group.title} <span>{group.names.length}</span>
      </th>
    </tr>
  );
}
