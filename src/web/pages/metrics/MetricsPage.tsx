// One metric across all servers: a line for each, or one for all of them together; who has most, as a table, and as CSV.
import Download from "lucide-react/icons/download";
import { useMemo } from "react";
import { Link, useLocation, useSearch } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { unitOf } from "../../../contract/metrics.ts";
import { useServers } from "../../api/hooks.ts";
import { align, describeLine, summarize, type Line } from "../../charts/lines.ts";
import { RangePicker } from "../../charts/RangePicker.tsx";
import { TimeChart } from "../../charts/TimeChart.tsx";
import chartStyles from "../../charts/TimeChart.module.css";
import { formatterOf, isBinary, leastTop, titleOf } from "../../charts/units.ts";
import { useMetrics, type Aggregate } from "../../charts/use-metrics.ts";
import { useRange } from "../../charts/use-range.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Field, Select } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { tagsOf } from "../servers/server-filter.ts";
import { keysOf, ranked, toCsv, type Ranked } from "./compare.ts";
import styles from "./Metrics.module.css";

/** Lines in the chart: those with the highest values. All stand in the table. */
const MOST_LINES = 16;
const AGGREGATES: readonly { value: Aggregate; label: string }[] = [
  { value: "none", label: "each server" },
  { value: "avg", label: "average of all" },
  { value: "max", label: "highest of all" },
  { value: "min", label: "lowest of all" },
  { value: "sum", label: "sum of all" },
  { value: "p95", label: "95 of 100 are below" },
];

/** What the address says. */
interface Choice {
  metric: string;
  tag: string;
  aggregate: Aggregate;
}

export function MetricsPage() {
  const servers = useServers();
  if (servers === null) {
    return (
      <Page title="Metrics">
        <Loading lines={6} label="Loading servers" />
      </Page>
    );
  }
  return <Compare servers={servers} />;
}

function Compare({ servers }: { servers: readonly ServerNode[] }) {
  const control = useRange();
  const [choice, choose] = useChoice();
  const keys = useMemo(() => keysOf(servers), [servers]);
  const metric = keys.includes(choice.metric) ? choice.metric : (keys[0] ?? "cpu_percent");
  const chosen = useMemo(
    () => servers.filter(({ tags }) => choice.tag === "" || tags.includes(choice.tag)),
    [servers, choice.tag],
  );
  const { tag, aggregate } = choice;
  const view = useMetrics({
    metric: [metric],
    range: control.range,
    aggregate,
    ...(tag !== "" && { tag }),
    enabled: chosen.length > 0,
  });
  const format = useMemo(() => formatterOf(unitOf(metric)), [metric]);
  const lines = useMemo(
    // While another metric is on its way, the values of the one before are still here.
    () =>
      ranked(
        (view.data?.series ?? []).filter((each) => each.metric === metric),
        (id) => servers.find((server) => server.id === id)?.name ?? id,
      ),
    [view.data, metric, servers],
  );
  const drawn = useMemo((): Line[] => lines.slice(0, MOST_LINES), [lines]);
  const columns = useMemo(() => align(drawn, view.data?.step ?? 1), [drawn, view.data]);
  const { from = 0, to = 0 } = view.data ?? {};
  const bounds = useMemo(() => ({ from, to }), [from, to]);
  const title = titleOf(metric);
  return (
    <Page
      title="Metrics"
      sub={`${title} of ${plural(chosen.length, "server")}`}
      actions={
        <Button blocked={lines.length === 0 ? "there are no values" : null} onClick={() => download(metric, lines)}>
          <Download aria-hidden="true" /> CSV
        </Button>
      }
    >
      <div className={styles["bar"]}>
        <Field label="Metric" className={styles["metric"]}>
          {(control_) => (
            <Select
              {...control_}
              value={metric}
              options={keys.map((key) => ({ value: key, label: titleOf(key) }))}
              onChange={(next) => choose({ ...choice, metric: next })}
            />
          )}
        </Field>
        <Field label="Servers">
          {(control_) => (
            <Select
              {...control_}
              value={choice.tag}
              options={[
                { value: "", label: "all" },
                ...tagsOf(servers).map((tag) => ({ value: tag, label: `with tag ${tag}` })),
              ]}
              onChange={(tag) => choose({ ...choice, tag })}
            />
          )}
        </Field>
        <Field label="Lines">
          {(control_) => (
            <Select
              {...control_}
              value={choice.aggregate}
              options={AGGREGATES}
              onChange={(aggregate) => choose({ ...choice, aggregate })}
            />
          )}
        </Field>
        <RangePicker range={control.range} onSpan={control.onSpan} onBack={control.onBack} />
      </div>
      {view.error !== null && view.data === undefined ? <ErrorNotice error={view.error} /> : null}
      {view.data === undefined ? (
        view.isPending && chosen.length > 0 ? (
          <Loading lines={6} label="Loading values" />
        ) : (
          <Empty title="No server to compare" />
        )
      ) : lines.length === 0 ? (
        <Empty title="No values">No server told {title} in this time.</Empty>
      ) : (
        <>
          <figure className={chartStyles["figure"]} aria-label={title}>
            <TimeChart
              label={`${title} of ${plural(drawn.length, "server")}`}
              columns={columns}
              labels={drawn.map(({ label }) => label)}
              format={format}
              least={leastTop(unitOf(metric))}
              binary={isBinary(unitOf(metric))}
              bounds={bounds}
              syncKey="metrics"
              onZoom={control.onZoom}
              onHover={view.onHover}
            />
            <figcaption className={drawn.length > 1 ? "visually-hidden" : undefined}>
              {drawn.map((line) => `${line.label}: ${describeLine(line, format)}`).join("; ")}
            </figcaption>
          </figure>
          {lines.length > drawn.length ? (
            <p className={styles["note"]}>
              Drawn are the {drawn.length} of {lines.length} servers with the highest values; all stand below.
            </p>
          ) : null}
          <div className={styles["table"]}>
            <Table
              label={`${title}, highest first`}
              columns={columnsOf(format)}
              rows={lines}
              rowKey={({ key }) => key}
            />
          </div>
        </>
      )}
    </Page>
  );
}

function columnsOf(format: (value: number | null) => string): Column<Ranked>[] {
  return [
    {
      head: "Server",
      cell: ({ label, isServer }) => (isServer ? <Link href={paths.server(label)}>{label}</Link> : label),
    },
    { head: "Last", look: "number", cell: (line) => format(summarize(line).last) },
    { head: "Average", look: "number", cell: (line) => format(summarize(line).mean) },
    { head: "Lowest", look: "number", cell: (line) => format(summarize(line).least) },
    { head: "Highest", look: "number", cell: (line) => format(summarize(line).most) },
  ];
}

function useChoice(): [Choice, (choice: Choice) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const choice = useMemo((): Choice => {
    const query = new URLSearchParams(search);
    return {
      metric: query.get("metric") ?? "cpu_percent",
      tag: query.get("tag") ?? "",
      aggregate: AGGREGATES.find(({ value }) => value === query.get("of"))?.value ?? "none",
    };
  }, [search]);
  const choose = ({ metric, tag, aggregate }: Choice): void => {
    const query = new URLSearchParams(search);
    query.set("metric", metric);
    if (tag === "") query.delete("tag");
    else query.set("tag", tag);
    if (aggregate === "none") query.delete("of");
    else query.set("of", aggregate);
    navigate(`${paths.metrics()}?${query}`, { replace: true });
  };
  return [choice, choose];
}

function download(metric: string, lines: readonly Ranked[]): void {
  const url = URL.createObjectURL(new Blob([toCsv(metric, lines)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${metric.replaceAll(/[^\w.-]+/g, "-")}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
