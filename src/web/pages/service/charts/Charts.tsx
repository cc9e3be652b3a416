// CPU and memory since the start, with marks where processes ended; as pictures, as one sentence, and as a table.
import { useQuery } from "@tanstack/react-query";
import Table from "lucide-react/icons/table-2";
import { useEffect, useMemo, useRef, useState } from "react";
import { MIB } from "../../../../base/units.ts";
import type { InstanceStatus, ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { useApp } from "../../../app-context.ts";
import { Button } from "../../../ui/Button.tsx";
import { Empty } from "../../../ui/Empty.tsx";
import { formatBytes, formatExact, formatPercent } from "../../../ui/format.ts";
import { Section } from "../../../ui/Panel.tsx";
import { InstanceSelect } from "../InstanceSelect.tsx";
import { useExits } from "../Summary.tsx";
import { Chart } from "./Chart.tsx";
import { addLive, describe, emptySeries, fromPoints, thinned, type Series } from "./series.ts";
import styles from "./Charts.module.css";

/** The two pictures: what they are called, and the least top of their scales, so that noise at rest looks like rest. */
const CHARTS = [
  { key: "cpu", label: "CPU", caption: "CPU, percent of one core", format: formatPercent, least: 5, binary: false },
  { key: "memory", label: "Memory", caption: "Memory", format: formatBytes, least: MIB, binary: true },
] as const;

/** Rows of the table: enough to follow the shape, few enough to listen to. */
const TABLE_ROWS = 40;

export function Charts({ status }: { status: ServiceStatus }) {
  const [asTable, setAsTable] = useState(false);
  const [index, setIndex] = useState(0);
  const series = useSeries(status, index);
  const exits = useExits(status);
  const marks = useMemo(
    () => (exits.data ?? []).filter((exit) => exit.index === index).map((exit) => Date.parse(exit.ended_at) / 1000),
    [exits.data, index],
  );
  return (
    <Section
      title="CPU and memory"
      tools={
        <>
          {status.instances.length > 1 ? (
            <InstanceSelect instances={status.instances.length} index={index} onIndex={setIndex} />
          ) : null}
          <Button size="s" look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            <Table aria-hidden="true" /> {asTable ? "As charts" : "As a table"}
          </Button>
        </>
      }
    >
      {series.times.length < 2 ? (
        <NoSamples status={status} />
      ) : asTable ? (
        <SeriesTable series={series} name={status.name} />
      ) : (
        <div className={styles["pair"]}>
          {CHARTS.map(({ key, caption, ...look }) => (
            <figure key={key}>
              <Chart times={series.times} values={series[key]} marks={marks} {...look} />
              <figcaption>
                {caption}: {describe(series[key], look.format)}
              </figcaption>
            </figure>
          ))}
        </div>
      )}
    </Section>
  );
}

function NoSamples({ status }: { status: ServiceStatus }) {
  const runs = status.instances.some((instance) => instance.pid !== null);
  return runs ? (
    <Empty title="No samples yet">CPU and memory are drawn once two samples have come.</Empty>
  ) : (
    <Empty title="It does not run">CPU and memory are drawn from its next start on.</Empty>
  );
}

/** What the hub kept of one instance since its start, and what came since. */
function useSeries(status: ServiceStatus, index: number): Series {
  const { store } = useApp();
  const { name } = status;
  const generation = instanceAt(status, index)?.generation ?? 0;
  const query = useQuery({
    queryKey: ["series", name, index, generation],
    queryFn: ({ signal }) => call("GET /api/services/{name}/series", { params: { name }, query: { index }, signal }),
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
  const [series, setSeries] = useState<Series>(emptySeries);
  const step = useRef(1);
  useEffect(() => {
    if (query.data === undefined) return;
    step.current = query.data.step;
    setSeries(fromPoints(query.data.points));
  }, [query.data]);
  useEffect(
    () =>
      store.rowSignal(name).subscribe(() => {
        const row = store.row(name);
        const instance = row === undefined ? undefined : instanceAt(row, index);
        if (instance === undefined) return;
        setSeries((before) => addLive(before, Date.now() / 1000, instance.cpu, instance.memory));
      }),
    [store, name, index],
  );
  return series;
}

function instanceAt(status: ServiceStatus, index: number): InstanceStatus | undefined {
  return status.instances.find((instance) => instance.index === index);
}

function SeriesTable({ series, name }: { series: Series; name: string }) {
  const rows = thinned(series, TABLE_ROWS);
  return (
    <div className={styles["table"]} role="region" aria-label="CPU and memory as a table" tabIndex={0}>
      <table>
        <caption className="visually-hidden">CPU and memory of {name}, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.time}>
              <th scope="row">{formatExact(row.time * 1000)}</th>
              <td>{formatPercent(row.cpu)}</td>
              <td>{formatBytes(row.memory)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
