// One operation: how far it is, what became of each target, what it printed; to stop it, and to do again what did not work.
// It lives in the hub: closing this page changes nothing about it.
import { useMutation } from "@tanstack/react-query";
import Pause from "lucide-react/icons/pause";
import Play from "lucide-react/icons/play";
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
import { Ago, Due } from "../../ui/Time.tsx";
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
  const { title, state, by, created_at, ended_at, cancelling, paused } = operation;
  const going = isGoing(operation);
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
          {paused && going ? <span className={styles["warn"]}>paused</span> : null}
          {cancelling && going ? <span className={styles["warn"]}>is being cancelled</span> : null}
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
        {going ? <Outlook operation={operation} /> : null}
      </div>
      <Targets operation={operation} />
      <Outputs operation={operation} />
    </Page>
  );
}

/** What a rolling restart waits for, and when it may be done. */
function Outlook({ operation: { progress, paused } }: { operation: Operation }) {
  const { store } = useApp();
  if (progress === null) return null;
  const end = progress.estimated_end;
  return (
    <p className={styles["outlook"]}>
      {progress.words}
      {end === null || paused ? null : (
        <>
          {" · done "}
          <Due at={Date.parse(end) - store.clockSkew} />, by how it went so far
        </>
      )}
    </p>
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
    const cancelled = operation.cancelling || cancel.isPending ? "it is being cancelled" : null;
    return (
      <>
        {operation.kind === ROLLING ? <PauseButton operation={operation} blocked={blocked ?? cancelled} /> : null}
        <Button look="danger" blocked={blocked ?? cancelled} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      </>
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

/** Only these can be paused. */
const ROLLING = "rolling restart";

function PauseButton({ operation: { id, paused }, blocked }: { operation: Operation; blocked: string | null }) {
  const { toasts, queries } = useApp();
  const act = paused ? "resume" : "pause";
  const change = useMutation({
    mutationFn: () => call(`POST /api/operations/{id}/${act}`, { params: { id } }),
    onSuccess: (now) => queries.setQueryData(["operation", id], now),
    onError: (error) => toasts.show({ kind: "failed", title: `Cannot ${act} it`, detail: explain(error).detail }),
  });
  return (
    <Button
      look={paused ? "primary" : "quiet"}
      blocked={blocked ?? (change.isPending ? "one moment" : null)}
      onClick={() => change.mutate()}
    >
      {paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />} {paused ? "Resume" : "Pause"}
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
        {target.index === null ? null : <span className={styles["index"]}>#{target.index}</span>}
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
          rowKey={({ service, server_id, index }) => `${service} ${server_id} ${index}`}
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
