// CPU and memory since the start, with marks where processes ended; as pictures, as one sentence, and as a table.
import { useQuery } from "@tanstack/react-query";
import Table from "lucide-react/icons/table-2";
import { useEffect, useMemo, useRef, useState } from "react";
import type { ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { cpuOf, memoryOf } from "../../../api/live-store.ts";
import { useApp } from "../../../app-context.ts";
import { Button } from "../../../ui/Button.tsx";
import { Empty } from "../../../ui/Empty.tsx";
import { formatBytes, formatPercent } from "../../../ui/format.ts";
import { Section } from "../../../ui/Panel.tsx";
import { useExits } from "../Summary.tsx";
import { Chart } from "./Chart.tsx";
import { addLive, describe, emptySeries, fromPoints, thinned, type Series } from "./series.ts";
import styles from "./Charts.module.css";

/** Rows of the table: enough to follow the shape, few enough to listen to. */
const TABLE_ROWS = 40;

export function Charts({ status }: { status: ServiceStatus }) {
  const [asTable, setAsTable] = useState(false);
  const series = useSeries(status);
  const exits = useExits(status);
  const marks = useMemo(() => (exits.data ?? []).map((exit) => Date.parse(exit.ended_at) / 1000), [exits.data]);
  return (
    <Section
      title="CPU and memory"
      tools={
        <Button size="s" look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Table aria-hidden="true" /> {asTable ? "As charts" : "As a table"}
        </Button>
      }
    >
      {series.times.length < 2 ? (
        <Empty title="No samples yet">CPU and memory are drawn from its start on, once two samples have come.</Empty>
      ) : asTable ? (
        <SeriesTable series={series} name={status.name} />
      ) : (
        <div className={styles["pair"]}>
          <figure>
            <Chart
              times={series.times}
              values={series.cpu}
              marks={marks}
              format={formatPercent}
              label="CPU"
              least={5}
            />
            <figcaption>CPU, percent of one core: {describe(series.cpu, formatPercent)}</figcaption>
          </figure>
          <figure>
            <Chart
              times={series.times}
              values={series.memory}
              marks={marks}
              format={formatBytes}
              label="Memory"
              least={1_048_576}
              binary
            />
            <figcaption>Memory: {describe(series.memory, formatBytes)}</figcaption>
          </figure>
        </div>
      )}
    </Section>
  );
}

/** What the hub kept since the start, and what came since. */
function useSeries(status: ServiceStatus): Series {
  const { store } = useApp();
  const { name } = status;
  const generation = status.instances[0]?.generation ?? 0;
  const query = useQuery({
    queryKey: ["series", name, generation],
    queryFn: ({ signal }) => call("GET /api/services/{name}/series", { params: { name }, signal }),
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
        if (row === undefined) return;
        setSeries((before) => addLive(before, Date.now() / 1000, cpuOf(row), memoryOf(row)));
      }),
    [store, name],
  );
  return series;
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
              <th scope="row">{new Date(row.time * 1000).toLocaleString()}</th>
              <td>{formatPercent(row.cpu)}</td>
              <td>{formatBytes(row.memory)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
