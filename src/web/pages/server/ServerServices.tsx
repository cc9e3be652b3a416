// What runs on a server: each of its services with its instances there. Of a bare server, the names that it told.
import { useMemo } from "react";
import { Link } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useServices } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Empty } from "../../ui/Empty.tsx";
import { formatBytes, formatPercent, NONE } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Since } from "../../ui/Time.tsx";
import styles from "./Server.module.css";

/** A service on this server; `instance` is undefined where nothing was told of it yet. */
interface Row {
  service: ServiceStatus;
  instance: ServiceStatus["instances"][number] | undefined;
}

const COLUMNS: Column<Row>[] = [
  {
    head: "Service",
    cell: ({ service, instance }) => (
      <Link href={paths.service(service.name)} className={styles["name"]}>
        {service.name}
        {instance === undefined || instance.index === 0 ? null : ` #${instance.index}`}
      </Link>
    ),
  },
  {
    head: "State",
    cell: ({ instance }) =>
      instance === undefined ? (
        <StateMark state="waiting" word="nothing told yet" />
      ) : (
        <StateMark
          state={instance.state}
          {...(instance.stale && { tone: "off" as const, word: `was ${instance.state}` })}
        />
      ),
  },
  { head: "Why", cell: ({ instance }) => <span className={styles["fact"]}>{instance?.reason}</span> },
  { head: "CPU", look: "number", cell: ({ instance }) => formatPercent(fresh(instance)?.cpu) },
  { head: "Memory", look: "number", cell: ({ instance }) => formatBytes(fresh(instance)?.memory) },
  {
    head: "Up",
    look: "number",
    cell: ({ instance }) => {
      const started = fresh(instance)?.started_at;
      return started === null || started === undefined || instance?.pid === null ? NONE : <Since at={started} />;
    },
  },
];

function fresh(instance: Row["instance"]): Row["instance"] {
  return instance?.stale === true ? undefined : instance;
}

export function ServerServices({ server }: { server: ServerNode }) {
  const services = useServices();
  const rows = useMemo(() => rowsOf(services, server.id), [services, server.id]);
  if (server.kind === "bare") return <ToldServices names={server.services} />;
  if (rows.length === 0) {
    return (
      <Empty title="No services here">
        A service runs where its definition places it: on named servers, or on all that have its tags.
      </Empty>
    );
  }
  return (
    <Table
      label={`Services on ${server.name}`}
      columns={COLUMNS}
      rows={rows}
      rowKey={({ service, instance }) => `${service.name} ${instance?.index ?? ""}`}
    />
  );
}

function rowsOf(services: readonly ServiceStatus[], id: string): Row[] {
  return services.flatMap((service): Row[] => {
    const here = service.instances.filter(({ server_id }) => server_id === id);
    if (here.length > 0) return here.map((instance) => ({ service, instance }));
    return service.placed_on.includes(id) ? [{ service, instance: undefined }] : [];
  });
}

function ToldServices({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <Empty title="No services told">A bare server names them when it registers.</Empty>;
  return (
    <p className={styles["told"]}>
      It says that it runs{" "}
      {names.map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
      ; tailherd does not watch them.
    </p>
  );
}
