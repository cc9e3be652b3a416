// Everything the service runs, as the tree it is.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { SECOND } from "../../../base/units.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { call } from "../../api/client.ts";
import { useLink } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Select } from "../../ui/Field.tsx";
import { formatBytes, formatPercent } from "../../ui/format.ts";
import { Since } from "../../ui/Time.tsx";
import { flattenTree } from "./process-tree.ts";
import styles from "./Processes.module.css";

const REFRESH = 3 * SECOND;

export function Processes({ status }: { status: ServiceStatus }) {
  const { phase } = useLink();
  const servers = useMemo(
    () => [...new Map(status.instances.map((one) => [one.server_id, one.server]))],
    [status.instances],
  );
  const [wanted, setWanted] = useState("");
  const server = servers.find(([id]) => id === wanted)?.[0] ?? servers[0]?.[0];
  const query = useQuery({
    queryKey: ["processes", status.name, server, status.instances.map(({ pid }) => pid).join()],
    queryFn: ({ signal }) =>
      call("GET /api/services/{name}/processes", {
        params: { name: status.name },
        query: server === undefined ? {} : { server },
        signal,
      }),
    refetchInterval: REFRESH,
    enabled: phase === "live",
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => flattenTree(query.data ?? []), [query.data]);
  return (
    <>
      {servers.length > 1 ? (
        <Select
          aria-label="Server"
          quiet
          className={styles["server"]}
          value={server ?? ""}
          options={servers.map(([value, label]) => ({ value, label }))}
          onChange={setWanted}
        />
      ) : null}
      {query.isPending ? (
        <Loading lines={3} label="Loading processes" />
      ) : query.isError ? (
        <Empty title="Cannot show the processes">{explain(query.error).detail}</Empty>
      ) : rows.length === 0 ? (
        <Empty title="No process runs">{status.reason ?? `It is ${status.state}.`}</Empty>
      ) : (
        <Tree rows={rows} name={status.name} />
      )}
    </>
  );
}

function Tree({ rows, name }: { rows: ReturnType<typeof flattenTree>; name: string }) {
  return (
    <div className={styles["frame"]} role="region" aria-label="Process tree" tabIndex={0}>
      <table className={styles["table"]}>
        <caption className="visually-hidden">Processes of {name} as a tree</caption>
        <thead>
          <tr>
            <th scope="col">Command</th>
            <th scope="col">pid</th>
            <th scope="col">User</th>
            <th scope="col">CPU</th>
            <th scope="col">Memory</th>
            <th scope="col">Threads</th>
            <th scope="col">Up</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ process, depth, last }) => (
            <tr key={`${process.pid} ${process.create_time}`}>
              <td title={process.command} style={{ paddingLeft: 14 + depth * 22 }}>
                {depth === 0 ? null : (
                  <span className={styles["branch"]} aria-hidden="true">
                    {last ? "└" : "├"}
                  </span>
                )}
                <span className="visually-hidden">{depth === 0 ? "" : `child of ${process.ppid}: `}</span>
                <b>{process.name}</b> <code>{process.command}</code>
              </td>
              <td data-label="pid">{process.pid}</td>
              <td>{process.user}</td>
              <td>{formatPercent(process.cpu)}</td>
              <td>{formatBytes(process.memory)}</td>
              <td data-label="threads">{process.threads}</td>
              <td data-label="up">
                <Since at={process.create_time * 1000} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
