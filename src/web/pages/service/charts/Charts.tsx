// CPU and memory of one instance over a range, with marks where processes ended; as pictures, as one sentence, and as a table.
import Table from "lucide-react/icons/table-2";
import { useMemo, useState } from "react";
import type { ServiceStatus } from "../../../../contract/status.ts";
import { ChartFigure } from "../../../charts/ChartFigure.tsx";
import { lineOf } from "../../../charts/lines.ts";
import { RangePicker } from "../../../charts/RangePicker.tsx";
import chartStyles from "../../../charts/TimeChart.module.css";
import { useMetrics, type Metrics } from "../../../charts/use-metrics.ts";
import { useRange } from "../../../charts/use-range.ts";
import { ValueTable } from "../../../charts/ValueTable.tsx";
import { Button } from "../../../ui/Button.tsx";
import { Empty, Loading } from "../../../ui/Empty.tsx";
import { ErrorNotice } from "../../../ui/Notice.tsx";
import { Section } from "../../../ui/Panel.tsx";
import { InstanceSelect } from "../InstanceSelect.tsx";
import { choicesOf, pick, type InstanceRef } from "../instance-ref.ts";
import { useExits } from "../Summary.tsx";

/** The two pictures. */
const CHARTS = [
  { key: "cpu_percent", label: "CPU, percent of one core", unit: "percent" },
  { key: "memory_bytes", label: "Memory", unit: "bytes" },
] as const;
const METRICS = CHARTS.map(({ key }) => key);

export function Charts({ status }: { status: ServiceStatus }) {
  const [asTable, setAsTable] = useState(false);
  const [wanted, setWanted] = useState<InstanceRef>({ index: 0, server: undefined });
  const control = useRange();
  const instance = pick(status, wanted);
  const { index, server } = instance;
  const view = useMetrics({
    service: status.name,
    ...(server !== undefined && { server }),
    metric: METRICS,
    range: control.range,
    enabled: server !== undefined,
  });
  const lines = useMemo(() => linesOf(view.data, instance), [view.data, index, server]);
  const exits = useExits(status);
  const marks = useMemo(
    () =>
      (exits.data ?? [])
        .filter((exit) => exit.index === index && (exit.server_id === null || exit.server_id === server))
        .map((exit) => ({ at: Date.parse(exit.ended_at), words: exit.message })),
    [exits.data, index, server],
  );
  const { data } = view;
  return (
    <Section
      title="CPU and memory"
      tools={
        <>
          {status.instances.length > 1 ? (
            <InstanceSelect choices={choicesOf(status)} instance={instance} onInstance={setWanted} />
          ) : null}
          <Button size="s" look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            <Table aria-hidden="true" /> {asTable ? "As charts" : "As a table"}
          </Button>
        </>
      }
    >
      <div className={chartStyles["told"]}>
        <RangePicker range={control.range} onSpan={control.onSpan} onBack={control.onBack} />
      </div>
      {view.error !== null && data === undefined ? <ErrorNotice error={view.error} /> : null}
      {data === undefined ? (
        view.isPending && server !== undefined ? (
          <Loading lines={4} label="Loading values" />
        ) : null
      ) : lines.every(({ points }) => points.length === 0) ? (
        <NoSamples status={status} />
      ) : asTable ? (
        <ValueTable caption={`CPU and memory of ${status.name}`} lines={lines} step={data.step} />
      ) : (
        <div className={chartStyles["grid"]}>
          {lines.map((line) => (
            <OneChart key={line.key} line={line} {...{ data, control, marks, onHover: view.onHover }} />
          ))}
        </div>
      )}
    </Section>
  );
}

type ServiceLine = ReturnType<typeof linesOf>[number];

function OneChart({
  line,
  ...rest
}: { line: ServiceLine } & Pick<Parameters<typeof ChartFigure>[0], "data" | "control" | "marks" | "onHover">) {
  const lines = useMemo(() => [line], [line]);
  return <ChartFigure title={line.label} unit={line.unit} lines={lines} syncKey="service" {...rest} />;
}

function linesOf(data: Metrics | undefined, { index, server }: InstanceRef) {
  return CHARTS.map(({ key, label, unit }) => {
    const series = data?.series.find(
      (each) => each.metric === key && each.index === index && each.server_id === server,
    );
    return { ...lineOf(key, label, series), unit };
  });
}

function NoSamples({ status }: { status: ServiceStatus }) {
  const runs = status.instances.some((instance) => instance.pid !== null);
  return runs ? (
    <Empty title="No samples yet">CPU and memory are drawn once it has been measured.</Empty>
  ) : (
    <Empty title="It did not run in this time">CPU and memory are drawn from its next start on.</Empty>
  );
}
