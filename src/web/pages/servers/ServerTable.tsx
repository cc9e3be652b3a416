// Servers as rows; each cell that moves reads its server itself, so that a heartbeat draws three numbers.
import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { useServer } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { cx } from "../../ui/cx.ts";
import { BareCheckbox } from "../../ui/Field.tsx";
import { formatPercent, NONE } from "../../ui/format.ts";
import { ServerMark } from "../../ui/ServerMark.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import type { Selection } from "../overview/selection.ts";
import { useSelected } from "../overview/use-selected.ts";
import { HeartbeatAge, StaleWords } from "./Heartbeat.tsx";
import { FULL, isOld, MEASURES, measureOf, type Measure } from "./measures.ts";
import { Tags, Version } from "./ServerExtras.tsx";
import styles from "./Servers.module.css";

/** Draws `children` for the server as it is now. */
function Live({ id, children }: { id: string; children: (server: ServerNode) => ReactNode }) {
  const server = useServer(id);
  return server === undefined ? null : children(server);
}

const COLUMNS: Column<string>[] = [
  { head: "State", cell: (id) => <Live id={id}>{(server) => <ServerMark server={server} />}</Live> },
  {
    head: "Server",
    cell: (id) => (
      <Live id={id}>
        {(server) => (
          <span className={styles["server"]} data-server={server.name}>
            <Link href={paths.server(server.name)}>{server.name}</Link>
            <span className={styles["host"]}>{hostOf(server)}</span>
          </span>
        )}
      </Live>
    ),
  },
  { head: "Tags", yields: "later", cell: (id) => <Live id={id}>{(server) => <Tags tags={server.tags} />}</Live> },
  {
    head: "Services",
    look: "number",
    yields: "later",
    cell: (id) => <Live id={id}>{(server) => server.services.length || NONE}</Live>,
  },
  ...MEASURES.map((measure): Column<string> => ({
    head: measure.title,
    look: "number",
    cell: (id) => <Live id={id}>{(server) => <MeasureCell server={server} measure={measure} />}</Live>,
  })),
  {
    head: "Heartbeat",
    look: "number",
    cell: (id) => (
      <Live id={id}>
        {(server) => (
          <span className={cx(server.state === "offline" && styles["bad"])}>
            <HeartbeatAge server={server} />
            <StaleWords server={server} className="visually-hidden" />
          </span>
        )}
      </Live>
    ),
  },
  { head: "Version", yields: "first", cell: (id) => <Live id={id}>{(server) => <Version server={server} />}</Live> },
];

/** With a selection where something can be done to what is selected. */
export function ServerTable({ ids, selection }: { ids: readonly string[]; selection: Selection | null }) {
  const columns = useMemo(
    (): readonly Column<string>[] =>
      selection === null
        ? COLUMNS
        : [{ head: "Select", look: "acts", cell: (id) => <Pick id={id} selection={selection} /> }, ...COLUMNS],
    [selection],
  );
  return <Table label="Servers" columns={columns} rows={ids} rowKey={(id) => id} />;
}

/** The box that selects a server; a bare one has no agent that could do anything. */
export function Pick({ id, selection }: { id: string; selection: Selection }) {
  const server = useServer(id);
  const on = useSelected(selection, id);
  if (server === undefined || server.kind === "bare") return null;
  return <BareCheckbox label={`Select ${server.name}`} checked={on} onChange={() => selection.toggle(id)} />;
}

function MeasureCell({ server, measure }: { server: ServerNode; measure: Measure }) {
  const value = measureOf(server, measure);
  const old = isOld(server);
  return (
    <span className={cx(old && styles["old"], !old && value !== undefined && value > FULL && styles["warn"])}>
      {formatPercent(value)}
    </span>
  );
}

function hostOf({ host, ip, kind }: ServerNode): string {
  return [kind === "hub" ? "the hub's own" : null, host, ip].filter(Boolean).join(" · ");
}
