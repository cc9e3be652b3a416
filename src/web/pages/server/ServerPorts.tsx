// Who listens on which port of a server.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { paths } from "../../paths.ts";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { portRows, type PortRow } from "../ports/port-rows.ts";
import { Away } from "./Away.tsx";
import styles from "./Server.module.css";

const REFRESH_MS = 5000;

const COLUMNS: Column<PortRow>[] = [
  { head: "Port", look: "number", cell: ({ port }) => port },
  { head: "Addresses", cell: ({ addresses }) => <span className={styles["fact"]}>{addresses.join(", ")}</span> },
  {
    head: "Held by",
    cell: ({ holders }) =>
      holders.map(({ service, pid, command }) => (
        <span key={`${pid}`} className={styles["process"]}>
          {service === null ? null : <Link href={paths.service(service)}>{service}</Link>}
          <code title={command ?? undefined}>{command ?? "a process that cannot be seen"}</code>
          {pid === null ? null : <span className={styles["fact"]}>pid {pid}</span>}
        </span>
      )),
  },
];

export function ServerPorts({ server }: { server: ServerNode }) {
  const away = !server.connected && server.kind === "agent";
  const listeners = useQuery({
    queryKey: ["ports", server.id],
    queryFn: ({ signal }) => call("GET /api/ports", { query: { server: server.id }, signal }),
    refetchInterval: REFRESH_MS,
    enabled: !away,
  });
  const rows = useMemo(() => portRows(listeners.data ?? [], []).sort((a, b) => a.port - b.port), [listeners.data]);
  if (away) return <Away server={server} what="its ports" />;
  if (listeners.isPending) return <Loading lines={4} label="Loading ports" />;
  if (listeners.isError) return <ErrorNotice error={listeners.error} />;
  if (rows.length === 0) return <Empty title="Nobody listens there" />;
  return <Table label={`Ports of ${server.name}`} columns={COLUMNS} rows={rows} rowKey={({ port }) => port} />;
}
