// Every port of this machine: who listens on it, who claims it, and where the two do not agree.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { call } from "../../api/client.ts";
import { useBlocked, useServices } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Field, TextInput } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { PROBLEM_STATES, portRows, type PortRow, type PortState } from "./port-rows.ts";
import styles from "./Ports.module.css";

const REFRESH_MS = 5000;

/** Each state's word, colour and sentence. */
const WORDS: Record<PortState, { word: string; tone?: "ok" | "bad" | "warn" | "info"; meaning: string }> = {
  conflict: { word: "conflict", tone: "bad", meaning: "two definitions claim it; only one can have it" },
  stranger: { word: "taken", tone: "bad", meaning: "another process holds it" },
  silent: { word: "silent", tone: "warn", meaning: "its service runs, but nobody listens" },
  undeclared: { word: "undeclared", tone: "info", meaning: "a service listens here, its definition does not say so" },
  free: { word: "free", meaning: "its service does not run" },
  ok: { word: "listening", tone: "ok", meaning: "held by the service that declares it" },
  foreign: { word: "other", meaning: "held by a process that is no service" },
};

export function PortsPage() {
  const services = useServices();
  const [filter, setFilter] = useState("");
  const lost = useBlocked("operate") === "not connected to the hub";
  const listeners = useQuery({
    queryKey: ["ports"],
    queryFn: ({ signal }) => call("GET /api/ports", { signal }),
    refetchInterval: lost ? false : REFRESH_MS,
  });
  const rows = useMemo(() => portRows(listeners.data ?? [], services), [listeners.data, services]);
  const wanted = filter.trim().toLowerCase();
  const shown = rows.filter((row) => textOf(row).includes(wanted));
  const problems = rows.filter((row) => PROBLEM_STATES.includes(row.state)).length;

  return (
    <Page
      title="Ports"
      sub={`${plural(rows.length, "port")}${problems === 0 ? ", none in conflict" : `, ${plural(problems, "problem")}`}`}
    >
      {listeners.isError ? <ErrorNotice error={listeners.error} /> : null}
      <Field label="Filter" className={styles["filter"]}>
        {(control) => (
          <TextInput
            {...control}
            type="search"
            placeholder="port, service, process or address"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        )}
      </Field>
      {listeners.isPending ? <Loading lines={6} /> : null}
      {listeners.data !== undefined && shown.length === 0 ? (
        <Empty
          title={rows.length === 0 ? "Nobody listens on any port" : `0 of ${rows.length} match`}
          {...(rows.length > 0 && { buttons: <Button onClick={() => setFilter("")}>Clear the filter</Button> })}
        />
      ) : null}
      {listeners.data !== undefined && shown.length > 0 ? (
        <Table label="Ports" columns={COLUMNS} rows={shown} rowKey={(row) => row.port} />
      ) : null}
    </Page>
  );
}

const COLUMNS: Column<PortRow>[] = [
  { head: "Port", cell: (row) => <strong className={styles["port"]}>{row.port}</strong> },
  { head: "State", cell: (row) => <StateTag state={row.state} /> },
  { head: "Declared by", cell: (row) => <Services names={row.declared} /> },
  { head: "Held by", cell: (row) => <Holders row={row} /> },
  {
    head: "Addresses",
    cell: (row) =>
      row.addresses.length === 0 ? null : (
        <span className={styles["addresses"]}>
          {row.addresses.map((address) => (
            <span key={address}>{address}</span>
          ))}
        </span>
      ),
  },
];

function StateTag({ state }: { state: PortState }) {
  const { word, tone, meaning } = WORDS[state];
  return (
    <span className={styles["state"]}>
      <Tag title={meaning} {...(tone !== undefined && { tone })}>
        {word}
      </Tag>
      {PROBLEM_STATES.includes(state) ? <span className={styles["meaning"]}>{meaning}</span> : null}
    </span>
  );
}

function Services({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <span className={styles["names"]}>
      {names.map((name) => (
        <Link key={name} href={paths.service(name)} className={styles["link"]}>
          {name}
        </Link>
      ))}
    </span>
  );
}

function Holders({ row }: { row: PortRow }) {
  if (row.holders.length === 0) return null;
  return (
    <span className={styles["names"]}>
      {row.holders.map(({ service, pid, command }) => (
        <span key={pid ?? "unknown"}>
          {service === null ? null : (
            <>
              <Link href={paths.service(service)} className={styles["link"]}>
                {service}
              </Link>{" "}
            </>
          )}
          <code title={command ?? undefined}>
            {pid === null ? "a process of another user" : `${shorten(command)} · pid ${pid}`}
          </code>
        </span>
      ))}
    </span>
  );
}

function shorten(command: string | null): string {
  const text = command ?? "?";
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

function textOf({ port, declared, holders, addresses }: PortRow): string {
  const held = holders.map(({ service, pid, command }) => `${service ?? ""} ${pid ?? ""} ${command ?? ""}`);
  return [port, ...declared, ...held, ...addresses].join(" ").toLowerCase();
}
