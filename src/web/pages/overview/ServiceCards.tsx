// Services as cards, as many side by side as fit; one below the other on phones.
import { memo, useEffect, useMemo } from "react";
import { Link } from "wouter";
import { useActing, useServers, useService, useSettings } from "../../api/hooks.ts";
import { cpuOf, memoryOf, startedAt } from "../../api/live-store.ts";
import { paths } from "../../paths.ts";
import { cx } from "../../ui/cx.ts";
import { BareCheckbox } from "../../ui/Field.tsx";
import { formatBytes, formatPercent, NONE } from "../../ui/format.ts";
import { Tag } from "../../ui/Tag.tsx";
import { Since } from "../../ui/Time.tsx";
import { useMedia } from "../../ui/use-media.ts";
import type { Group } from "./filter.ts";
import { CpuShape, Ports, RowState, Where } from "./parts.tsx";
import { RowActions } from "./RowActions.tsx";
import type { Selection } from "./selection.ts";
import styles from "./ServiceCards.module.css";
import type { ListKeys } from "./use-list-keys.ts";
import { useRows } from "./use-rows.ts";
import { useSelected } from "./use-selected.ts";

/** Fingers need more room than pointers. */
const CARD = { narrow: 162, wide: 136 };
/** The line of servers, where there are several. */
const WHERE = 30;
const GAP = 12;
const GROUP = 40;

type Line = { group: Group } | { names: readonly string[]; place: number };

interface ServiceCardsProps {
  groups: readonly Group[];
  selection: Selection;
  keys: ListKeys;
  narrow: boolean;
}

export function ServiceCards({ groups, selection, keys, narrow }: ServiceCardsProps) {
  const columns = useColumns(narrow);
  const fleet = (useServers()?.length ?? 1) > 1;
  const card = CARD[narrow ? "narrow" : "wide"] + (fleet ? WHERE : 0);
  const lines = useMemo(() => linesOf(groups, columns), [groups, columns]);
  const rows = useRows(useMemo(() => lines.map((line) => ("group" in line ? GROUP : card + GAP)), [lines, card]));
  const { onReveal, cursor } = keys;
  const { reveal } = rows;
  useEffect(() => {
    onReveal((place) =>
      reveal(
        lines.findIndex((line) => "names" in line && place >= line.place && place < line.place + line.names.length),
      ),
    );
    return () => onReveal(null);
  });
  return (
    <div ref={rows.box} className={styles["box"]} style={{ height: rows.height }} role="list" aria-label="Services">
      {rows.items.map(({ index, start }) => {
        const line = lines[index];
        if (line === undefined) return null;
        return (
          <div
            key={index}
            role="presentation"
            className={styles["line"]}
            style={{ transform: `translateY(${start}px)`, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
          >
            {"group" in line ? (
              <div role="listitem" className={styles["group"]}>
                {line.group.title} <span>{line.group.names.length}</span>
              </div>
            ) : (
              line.names.map((name, column) => (
                <ServiceCard
                  key={name}
                  name={name}
                  current={line.place + column === cursor}
                  selection={selection}
                  narrow={narrow}
                  fleet={fleet}
                />
              ))
            )}
          </div>
        );
      })}
    </div>
  );
}

function useColumns(narrow: boolean): number {
  const four = useMedia("(min-width: 1500px)");
  const three = useMedia("(min-width: 1180px)");
  if (narrow) return 1;
  if (four) return 4;
  return three ? 3 : 2;
}

function linesOf(groups: readonly Group[], columns: number): Line[] {
  const lines: Line[] = [];
  let place = 0;
  for (const group of groups) {
    if (group.title !== "") lines.push({ group });
    for (let index = 0; index < group.names.length; index += columns) {
      const names = group.names.slice(index, index + columns);
      lines.push({ names, place });
      place += names.length;
    }
  }
  return lines;
}

const ServiceCard = memo(function ServiceCard({
  name,
  current,
  selection,
  narrow,
  fleet,
}: {
  name: string;
  current: boolean;
  selection: Selection;
  narrow: boolean;
  fleet: boolean;
}) {
  const status = useService(name);
  const acting = useActing(name);
  const selected = useSelected(selection, name);
  const settings = useSettings();
  if (status === undefined) return null;
  const cpu = cpuOf(status);
  const started = startedAt(status);
  const alert = status.state === "fatal" || status.state === "backoff";
  return (
    <div
      role="listitem"
      aria-label={name}
      data-service={name}
      className={cx(
        styles["card"],
        fleet && styles["placed"],
        alert && styles["alert"],
        selected && styles["selected"],
        current && styles["current"],
      )}
    >
      <div className={styles["head"]}>
        <Link href={paths.service(name)} data-name="" className={styles["name"]}>
          {name}
        </Link>
        <Tag>{status.kind}</Tag>
        <BareCheckbox label={`Select ${name}`} checked={selected} onChange={() => selection.toggle(name)} />
      </div>
      <p className={styles["more"]} title={status.reason ?? undefined}>
        {status.reason ?? status.description}
      </p>
      <div className={styles["numbers"]}>
        <RowState status={status} acting={acting} />
        <span className={styles["up"]}>{started === null ? NONE : <Since at={started} />}</span>
        <CpuShape name={name} width={72} height={22} />
        <span>{formatPercent(cpu)}</span>
        <span>{formatBytes(memoryOf(status))}</span>
      </div>
      {fleet ? <Where status={status} most={3} /> : null}
      <div className={styles["foot"]}>
        <Ports status={status} host={settings?.default_tailscale_domain} most={narrow ? 2 : 3} />
        <RowActions status={status} />
      </div>
    </div>
  );
});
