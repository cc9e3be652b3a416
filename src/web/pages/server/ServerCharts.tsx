// A server's numbers over time: one range and one cursor for all charts, offline spans shaded, restarts marked; also as a table.
import { useQuery } from "@tanstack/react-query";
import Table from "lucide-react/icons/table-2";
import { useMemo, useState } from "react";
import type { MetricUnit } from "../../../contract/metrics.ts";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { useServer } from "../../api/hooks.ts";
import { ChartFigure } from "../../charts/ChartFigure.tsx";
import { bootMarks, endMarks, offlineSpans, type Mark, type OfflineSpan } from "../../charts/fleet-marks.ts";
import { lineOf, type Line } from "../../charts/lines.ts";
import { RangePicker } from "../../charts/RangePicker.tsx";
import chartStyles from "../../charts/TimeChart.module.css";
import { ValueTable } from "../../charts/ValueTable.tsx";
import { useMetrics, type Metrics } from "../../charts/use-metrics.ts";
import { useRange, type RangeControl } from "../../charts/use-range.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { formatExact, plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Section } from "../../ui/Panel.tsx";
import { CHARTS_AT_FIRST, chartsOf, type ChartSpec } from "./chart-list.ts";
import { TopProcesses } from "./TopProcesses.tsx";

const UPTIME = "uptime_seconds";

export function ServerCharts({ server: { id } }: { server: ServerNode }) {
  const server = useServer(id);
  const control = useRange();
  const [asTable, setAsTable] = useState(false);
  const [all, setAll] = useState(false);
  const [picked, setPicked] = useState<number | null>(null);
  const keys = Object.keys(server?.last_metrics ?? {}).join("\n");
  const charts = useMemo(() => chartsOf(keys === "" ? [] : keys.split("\n")), [keys]);
  const shown = all ? charts : charts.slice(0, CHARTS_AT_FIRST);
  const metric = useMemo(() => [...shown.flatMap(({ lines }) => lines.map(({ key }) => key)), UPTIME], [shown]);
  const view = useMetrics({ server: id, metric, range: control.range });
  const happened = useHappened(id, view.data);
  if (server === undefined) return null;
  if (charts.length === 0) {
    return <Empty title="No values yet">Charts are drawn once this server has told how it is.</Empty>;
  }
  return (
    <>
      <Section
        title="Charts"
        tools={
          <Button size="s" look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            <Table aria-hidden="true" /> {asTable ? "As charts" : "As a table"}
          </Button>
        }
      >
        <div className={chartStyles["told"]}>
          <RangePicker range={control.range} onSpan={control.onSpan} onBack={control.onBack} />
        </div>
        {view.error !== null && view.data === undefined ? <ErrorNotice error={view.error} /> : null}
        <Happened {...happened} />
        {view.data === undefined ? (
          view.isPending ? (
            <Loading lines={6} label="Loading values" />
          ) : null
        ) : asTable ? (
          <ValueTable
            caption={`Values of ${server.name}`}
            lines={headedLines(shown, view.data)}
            step={view.data.step}
          />
        ) : (
          <div className={chartStyles["grid"]}>
            {shown.map((chart) => (
              <OneChart
                key={chart.title}
                chart={chart}
                data={view.data}
                control={control}
                onPick={setPicked}
                onHover={view.onHover}
                {...happened}
              />
            ))}
          </div>
        )}
        {charts.length > CHARTS_AT_FIRST ? (
          <Button look="plain" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? "Fewer charts" : `${charts.length - CHARTS_AT_FIRST} more charts`}
          </Button>
        ) : null}
      </Section>
      {server.kind === "bare" ? null : <TopProcesses server={server} at={picked} onAt={setPicked} />}
    </>
  );
}

interface OneChartProps {
  chart: ChartSpec;
  data: Metrics | undefined;
  control: RangeControl;
  marks: readonly Mark[];
  offline: readonly OfflineSpan[];
  onPick: (time: number) => void;
  onHover: (inside: boolean) => void;
}

function OneChart({ chart, data, ...rest }: OneChartProps) {
  const lines = useMemo(() => linesOf(chart, data), [chart, data]);
  return <ChartFigure title={chart.title} unit={chart.unit} lines={lines} data={data} syncKey="server" {...rest} />;
}

function linesOf(chart: ChartSpec, data: Metrics | undefined): Line[] {
  return chart.lines.map(({ key, label }) =>
    lineOf(
      key,
      label,
      data?.series.find(({ metric }) => metric === key),
    ),
  );
}

const EVENTS_READ = 1000;

/** What events and the uptime say about the time that is shown. */
function useHappened(id: string, data: Metrics | undefined): { marks: Mark[]; offline: OfflineSpan[] } {
  const events = useQuery({
    queryKey: ["events", "of-server", id],
    queryFn: ({ signal }) => call("GET /api/events/recent", { query: { server: id, limit: EVENTS_READ }, signal }),
    refetchInterval: 30_000,
  });
  return useMemo(() => {
    const { from = 0, to = 0 } = data ?? {};
    const uptime = data?.series.find(({ metric }) => metric === UPTIME)?.points ?? [];
    const marks = [...bootMarks(uptime), ...endMarks(events.data ?? [])];
    return {
      marks: marks.filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at),
      offline: offlineSpans(events.data ?? []).filter((span) => span.from <= to && (span.to ?? to) >= from),
    };
  }, [events.data, data]);
}

const MOST_TOLD = 3;

/** The shaded and marked times in words, for who does not see them. */
function Happened({ marks, offline }: { marks: readonly Mark[]; offline: readonly OfflineSpan[] }) {
  if (marks.length + offline.length === 0) return null;
  const spans = offline.map(
    ({ from, to }) => `offline from ${formatExact(from)} ${to === null ? "on" : `to ${formatExact(to)}`}`,
  );
  const moments = marks.slice(-MOST_TOLD).map(({ at, words }) => `${words}, ${formatExact(at)}`);
  return (
    <p className={chartStyles["told"]}>
      {offline.length > 0 ? `Shaded: ${spans.slice(-MOST_TOLD).join("; ")}. ` : ""}
      {marks.length > 0
        ? `${plural(marks.length, "dashed line")}: ${moments.join("; ")}${marks.length > MOST_TOLD ? "; and earlier ones" : ""}.`
        : ""}
    </p>
  );
}

/** All lines of all charts, each named by its chart too. */
function headedLines(charts: readonly ChartSpec[], data: Metrics): (Line & { unit: MetricUnit })[] {
  return charts.flatMap((chart) =>
    linesOf(chart, data).map((line) => ({
      ...line,
      unit: chart.unit,
      label: chart.lines.length > 1 ? `${chart.title}, ${line.label}` : chart.title,
    })),
  );
}
