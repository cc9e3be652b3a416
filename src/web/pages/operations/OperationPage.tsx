// One operation: how far it is, what became of each target, what it printed; to stop it, and to do again what did not work.
// It lives in the hub: closing this page changes nothing about it.
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation, useParams } from "wouter";
import type { Operation, OperationTarget } from "../../../contract/operations.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { plural } from "../../ui/format.ts";
import { Section } from "../../ui/Panel.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Ago } from "../../ui/Time.tsx";
import { OperationMark } from "./OperationMark.tsx";
import { Outputs } from "./Outputs.tsx";
import { Took } from "./OperationsPage.tsx";
import { isGoing, progressOf } from "./progress.ts";
import styles from "./Operations.module.css";
import { useOperation } from "./use-operations.ts";

export function OperationPage() {
  const { id = "" } = useParams();
  const { data, error, isPending } = useOperation(id);
  if (data !== undefined) return <Known key={id} operation={data} />;
  return (
    <Page title="Operation">
      {isPending ? (
        <Loading lines={5} label="Loading the operation" />
      ) : (
        <Empty
          title={explain(error).title}
          buttons={
            <ButtonLink look="primary" to={paths.operations()}>
              To the operations
            </ButtonLink>
          }
        >
          <p>The hub keeps the last operations only; who did what stands in the audit.</p>
        </Empty>
      )}
    </Page>
  );
}

function Known({ operation }: { operation: Operation }) {
  const { title, state, by, created_at, ended_at, cancelling } = operation;
  const progress = progressOf(operation);
  return (
    <Page title={title} sub={<>{operation.kind}</>} actions={<Acts operation={operation} again={progress.again} />}>
      <div className={styles["top"]}>
        <div className={styles["facts"]}>
          <OperationMark state={state} />
          <span>
            begun <Ago at={created_at} /> by {by}
          </span>
          <span>
            {ended_at === null ? "going for" : "took"} <Took began={created_at} ended={ended_at} />
          </span>
          {cancelling && isGoing(operation) ? <span className={styles["warn"]}>is being cancelled</span> : null}
        </div>
        <progress
          className={styles["progress"]}
          max={Math.max(1, progress.total)}
          value={progress.ended}
          aria-label="Progress"
          data-state={state}
        />
        <p role="status" className={styles["words"]}>
          {progress.words}
        </p>
      </div>
      <Targets operation={operation} />
      <Outputs operation={operation} />
    </Page>
  );
}

function Acts({ operation, again }: { operation: Operation; again: number }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("operate");
  const told = (what: string) => (error: unknown) =>
    toasts.show({ kind: "failed", title: `Cannot ${what} it`, detail: explain(error).detail });
  const cancel = useMutation({
    mutationFn: () => call("POST /api/operations/{id}/cancel", { params: { id: operation.id } }),
    onError: told("cancel"),
  });
  const retry = useMutation({
    mutationFn: () => call("POST /api/operations/{id}/retry", { params: { id: operation.id } }),
    onSuccess: ({ id }) => navigate(paths.operation(id)),
    onError: told("retry"),
  });
  if (isGoing(operation)) {
    return (
      <Button
        look="danger"
        blocked={blocked ?? (operation.cancelling || cancel.isPending ? "it is being cancelled" : null)}
        onClick={() => cancel.mutate()}
      >
        Cancel
      </Button>
    );
  }
  if (again === 0) return null;
  return (
    <Button
      look="primary"
      blocked={blocked ?? (retry.isPending ? "one moment, it is being begun" : null)}
      onClick={() => retry.mutate()}
    >
      Retry {again === progressOf(operation).total ? "all" : plural(again, "target")}
    </Button>
  );
}

const COLUMNS: Column<OperationTarget>[] = [
  {
    head: "Target",
    cell: (target) => (
      <span className={styles["target"]}>
        {target.service === null ? null : (
          <Link href={paths.service(target.service)} className={styles["name"]}>
            {target.service}
          </Link>
        )}
        {target.server === null ? null : (
          <Link href={paths.server(target.server)} className={styles["name"]}>
            {target.service === null ? target.server : `on ${target.server}`}
          </Link>
        )}
      </span>
    ),
  },
  { head: "State", cell: ({ state }) => <OperationMark state={state} /> },
  {
    head: "What became of it",
    cell: ({ message, exit_code: code }) => (
      <span className={styles["message"]}>
        {[message, code !== null && code !== 0 && message?.includes(String(code)) !== true && `exit ${code}`]
          .filter(Boolean)
          .join(", ")}
      </span>
    ),
  },
  { head: "Took", look: "number", cell: (target) => <Took began={target.started_at} ended={target.ended_at} /> },
];

function Targets({ operation: { targets } }: { operation: Operation }) {
  const [all, setAll] = useState(false);
  const failed = useMemo(() => targets.filter(({ state }) => state === "failed" || state === "unknown"), [targets]);
  // Of many, what needs somebody comes first.
  const sorted = useMemo(() => [...failed, ...targets.filter((target) => !failed.includes(target))], [targets, failed]);
  const shown = all ? sorted : sorted.slice(0, 200);
  return (
    <>
      <Section title="Targets" note={targets.length}>
        <Table
          label="Targets and what became of them"
          columns={COLUMNS}
          rows={shown}
          rowKey={({ service, server_id }) => `${service} ${server_id}`}
        />
        {sorted.length > shown.length ? (
          <Button look="plain" onClick={() => setAll(true)}>
            Show {sorted.length - shown.length} more
          </Button>
        ) : null}
      </Section>
    </>
  );
}
