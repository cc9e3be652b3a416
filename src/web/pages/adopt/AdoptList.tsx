// Processes of a machine that something else started: a filter, the rows, and the way to the add form filled from one of them.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { ExternalProcess } from "../../../contract/agent.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Field, TextInput } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { rememberAdoption } from "../add-service/adoption.ts";
import { likelyFirst } from "./likely-first.ts";
import { ProcessTable } from "./ProcessTable.tsx";
import styles from "./Adopt.module.css";

const REFRESH_MS = 5000;

/** `server` is a name; undefined is the hub's own machine. */
export function AdoptList({ server }: { server?: string | undefined }) {
  const { toasts, queries } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("inspect");
  const [filter, setFilter] = useState("");
  const there = server === undefined ? {} : { server };
  const processes = useQuery({
    queryKey: ["processes", "of", server],
    queryFn: ({ signal }) => call("GET /api/processes", { query: there, signal }),
    enabled: blocked === null,
    refetchInterval: REFRESH_MS,
  });
  const read = useMutation({
    mutationFn: (process: ExternalProcess) =>
      call("GET /api/processes/{pid}/definition", {
        params: { pid: process.pid },
        query: { create_time: process.create_time, ...there },
      }),
    onSuccess: (adoption) => {
      // What was read on a server is run on that server.
      const spec = server === undefined ? adoption.spec : { ...adoption.spec, placement: { servers: [server] } };
      rememberAdoption(queries, { ...adoption, spec });
      navigate(paths.addService());
    },
    onError: (error, process) =>
      toasts.show({
        kind: "failed",
        title: `Cannot read ${process.name} (pid ${process.pid})`,
        detail: explain(error).detail,
      }),
  });
  if (blocked !== null && processes.data === undefined) return <Empty title={`Not possible now: ${blocked}`} />;
  const all = processes.data?.processes ?? [];
  const wanted = filter.trim().toLowerCase();
  const shown = likelyFirst(all).filter((process) =>
    `${process.pid} ${process.user} ${process.command}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      {processes.isError ? <ErrorNotice error={processes.error} /> : null}
      <Field label="Filter" className={styles["filter"]}>
        {(control) => (
          <TextInput
            {...control}
            type="search"
            placeholder="program, argument, user or pid"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        )}
      </Field>
      {processes.isPending ? <Loading lines={6} /> : null}
      {processes.data !== undefined && shown.length === 0 ? (
        <Empty
          title={all.length === 0 ? "No process to adopt" : `0 of ${all.length} match`}
          {...(all.length > 0 && { buttons: <Button onClick={() => setFilter("")}>Clear the filter</Button> })}
        />
      ) : null}
      {shown.length > 0 ? (
        <>
          <p className={styles["count"]}>{plural(shown.length, "process", "processes")}</p>
          <ProcessTable
            processes={shown}
            blocked={read.isPending ? "another one is being read" : blocked}
            onAdopt={(process) => read.mutate(process)}
          />
        </>
      ) : null}
    </>
  );
}
