// What was begun lately and how far it is: bulk acts, rolling restarts, commands on servers.
import { Link } from "wouter";
import type { Operation } from "../../../contract/operations.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { formatDuration, NONE, plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { useTicking } from "../../ui/ticker.ts";
import { Ago } from "../../ui/Time.tsx";
import { OperationMark } from "./OperationMark.tsx";
import { elapsed, isGoing, progressOf } from "./progress.ts";
import styles from "./Operations.module.css";
import { useOperations } from "./use-operations.ts";

const COLUMNS: Column<Operation>[] = [
  {
    head: "What",
    cell: ({ id, title }) => (
      <Link href={paths.operation(id)} className={styles["name"]}>
        {title}
      </Link>
    ),
  },
  { head: "State", cell: ({ state }) => <OperationMark state={state} /> },
  { head: "How far", cell: (operation) => progressOf(operation).words },
  { head: "By", cell: ({ by }) => by },
  { head: "Begun", look: "number", cell: ({ created_at }) => <Ago at={created_at} /> },
  {
    head: "Took",
    look: "number",
    cell: (operation) => <Took began={operation.created_at} ended={operation.ended_at} />,
  },
];

export function OperationsPage() {
  const operations = useOperations();
  const going = operations.data?.filter(isGoing).length ?? 0;
  return (
    <Page title="Operations" sub={going === 0 ? "nothing is going on" : `${plural(going, "operation")} going on`}>
      {operations.isError ? <ErrorNotice error={operations.error} /> : null}
      {operations.isPending ? <Loading lines={4} label="Loading operations" /> : null}
      {operations.data?.length === 0 ? (
        <Empty title="No operations yet">
          Acts on several services, and commands on servers, stand here: how far they are, and what became of them.
        </Empty>
      ) : null}
      {operations.data !== undefined && operations.data.length > 0 ? (
        <Table label="Operations" columns={COLUMNS} rows={operations.data} rowKey={({ id }) => id} />
      ) : null}
    </Page>
  );
}

/** Time that something took; goes on while it has no end. */
export function Took({ began, ended }: { began: string | null; ended: string | null }) {
  const { store } = useApp();
  return useTicking((now) => {
    const time = elapsed(began, ended, now + store.clockSkew);
    if (time === null) return NONE;
    return time < 10_000 && ended !== null ? `${(time / 1000).toFixed(1)} s` : formatDuration(time);
  });
}
