// "Which process was it?": what took most on a server at the time that was pressed in a chart, or at the newest one.
import { useQuery } from "@tanstack/react-query";
import type { ServerNode } from "../../../contract/server.ts";
import type { TopProcess } from "../../../contract/top-processes.ts";
import { call } from "../../api/client.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { formatBytes, formatExact, formatPercent, NONE } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Section } from "../../ui/Panel.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import styles from "./Server.module.css";

const REFRESH_MS = 60_000;

const COLUMNS: Column<TopProcess>[] = [
  {
    head: "Process",
    cell: ({ name, pid, command }) => (
      <span className={styles["process"]}>
        <strong>
          {name} <span className={styles["fact"]}>pid {pid}</span>
        </strong>
        <code title={command}>{command}</code>
      </span>
    ),
  },
  { head: "User", cell: ({ user }) => user },
  { head: "CPU", look: "number", cell: (process) => formatPercent(process.cpu_percent) },
  { head: "Memory", look: "number", cell: (process) => formatBytes(process.memory_bytes) },
  {
    head: "Disk",
    look: "number",
    cell: ({ io_bytes_per_second: io }) => (io === null ? NONE : `${formatBytes(io)}/s`),
  },
];

interface TopProcessesProps {
  server: ServerNode;
  /** Unix milliseconds; null is now. */
  at: number | null;
  onAt: (at: number | null) => void;
}

export function TopProcesses({ server, at, onAt }: TopProcessesProps) {
  const query = useQuery({
    queryKey: ["top", server.id, at],
    queryFn: ({ signal }) =>
      call("GET /api/servers/{id}/top", {
        params: { id: server.id },
        query: at === null ? {} : { at: new Date(at).toISOString() },
        signal,
      }),
    refetchInterval: at === null ? REFRESH_MS : false,
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <Section
      title="Which process was it"
      note={query.data === undefined || query.data.at === null ? undefined : formatExact(query.data.at)}
      tools={
        at === null ? (
          <span className={styles["fact"]}>press a chart at a time to see that one</span>
        ) : (
          <Button size="s" onClick={() => onAt(null)}>
            Show the newest
          </Button>
        )
      }
    >
      {query.isError ? <ErrorNotice error={query.error} /> : null}
      {query.isPending ? <Loading lines={4} label="Loading processes" /> : null}
      {query.data === undefined ? null : query.data.at === null ? (
        <Empty title={at === null ? "Nothing is known yet" : "Nothing is known of that time"} />
      ) : query.data.processes.length === 0 ? (
        <Empty title="Nothing took anything then" />
      ) : (
        <Table
          label="Processes that took most"
          columns={COLUMNS}
          rows={query.data.processes}
          rowKey={({ pid, name }) => `${pid} ${name}`}
        />
      )}
    </Section>
  );
}
