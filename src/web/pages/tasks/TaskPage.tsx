// One task: what it does, when it is due, and its history, with what did not happen and why.
import { useState, type ReactNode } from "react";
import { Link, useLocation, useParams } from "wouter";
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import { useServers } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { cx } from "../../ui/cx.ts";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { Switch } from "../../ui/Field.tsx";
import { formatShortClock } from "../../ui/format.ts";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Ago } from "../../ui/Time.tsx";
import { MissedDialog } from "./MissedDialog.tsx";
import { NextRun } from "./NextRun.tsx";
import { RunMark, RunTook } from "./RunMark.tsx";
import { NextTimes } from "./schedule/NextTimes.tsx";
import { usePreview } from "./schedule/use-preview.ts";
import { TaskFacts } from "./TaskFacts.tsx";
import { LastRun } from "./TaskTable.tsx";
import styles from "./Tasks.module.css";
import { useTask, useTaskRuns } from "./use-tasks.ts";
import { useTaskActs } from "./use-task-acts.ts";

export function TaskPage() {
  const { name: raw = "" } = useParams();
  const name = decodeURIComponent(raw);
  const { data, error, isPending } = useTask(name);
  if (data !== undefined && error === null) return <Known key={name} task={data} />;
  return (
    <Page title={name}>{isPending ? <Loading lines={5} label={`Loading ${name}`} /> : <NoTask error={error} />}</Page>
  );
}

/** Where a task should be and is none. */
export function NoTask({ error }: { error: unknown }) {
  return (
    <Empty
      title={explain(error).title}
      buttons={
        <ButtonLink look="primary" to={paths.tasks()}>
          To the tasks
        </ButtonLink>
      }
    >
      <p>{explain(error).detail}</p>
    </Empty>
  );
}

function Known({ task }: { task: TaskRecord }) {
  const acts = useTaskActs();
  const { name, description, enabled } = task;
  return (
    <Page title={name} sub={<>{description}</>}>
      <div className={styles["top"]}>
        <div className={styles["state"]}>
          <span>
            <span className={styles["faint"]}>Next run</span> <NextRun task={task} />
          </span>
          <span className={styles["last"]}>
            <span className={styles["faint"]}>Last result</span> <LastRun task={task} />
          </span>
          <span className={styles["on"]}>
            <span className={styles["faint"]}>On</span>
            <Switch
              label={`${name} is on`}
              checked={enabled}
              blocked={acts.blockedToWrite(task)}
              onChange={(on) => void acts.setEnabled(task, on)}
            />
          </span>
        </div>
        <div className={styles["buttons"]}>
          <Acts task={task} />
        </div>
      </div>
      <div className={styles["grid"]}>
        <div className={styles["main"]}>
          <History task={task} />
        </div>
        <aside className={styles["side"]} aria-label="Facts">
          <Next task={task} />
          <TaskFacts task={task} />
        </aside>
      </div>
    </Page>
  );
}

function Acts({ task }: { task: TaskRecord }) {
  const { name } = task;
  const acts = useTaskActs();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const [missing, setMissing] = useState(false);
  const blocked = acts.blockedToWrite(task);
  const remove = async (): Promise<void> => {
    if (await acts.remove(name)) navigate(paths.tasks());
  };
  return (
    <>
      <Button look="primary" blocked={acts.blockedToRun(task)} onClick={() => void acts.run(name)}>
        Run now
      </Button>
      <Button blocked={acts.blockedToRun(task)} onClick={() => setMissing(true)}>
        Run what was missed…
      </Button>
      {blocked === null ? (
        <ButtonLink to={paths.editTask(name)}>Edit</ButtonLink>
      ) : (
        <Button blocked={blocked}>Edit</Button>
      )}
      <Button look="danger" blocked={blocked} onClick={() => setDeleting(true)}>
        Delete…
      </Button>
      {missing ? (
        <MissedDialog task={task} blocked={acts.blockedToRun(task)} onClose={() => setMissing(false)} />
      ) : null}
      {deleting ? (
        <ConfirmByName
          verb="Delete"
          name={name}
          description="Its history goes with it; a run that goes on is not ended."
          onClose={() => setDeleting(false)}
          onConfirm={() => void remove()}
        />
      ) : null}
    </>
  );
}

function Next({ task: { cron_expression, zone, enabled, servers, next_run } }: { task: TaskRecord }) {
  const preview = usePreview(cron_expression, zone, next_run);
  if (!enabled || servers.length === 0) return null;
  return (
    <Section title="Next runs" className={styles["soon"]}>
      <Panel>
        {preview.isError ? <ErrorNotice error={preview.error} /> : null}
        {preview.data === undefined ? null : <NextTimes next={preview.data.next} zone={zone} />}
      </Panel>
      {preview.data?.notes.map((note) => (
        <Notice key={note} tone="warn">
          {note}
        </Notice>
      ))}
    </Section>
  );
}

/** `fleet`: there is more than one server, so say which. */
function columnsOf(fleet: boolean): Column<TaskRun>[] {
  return [
    {
      head: "Due",
      cell: ({ task, id, due_at: due }) => (
        <span className={styles["what"]}>
          <Link href={paths.taskRun(task, id)} className={cx(styles["name"], styles["due"])}>
            {shortClock(due)}
          </Link>
          <span className={styles["faint"]}>
            <Ago at={due} />
          </span>
        </span>
      ),
    },
    { head: "Outcome", cell: ({ outcome }) => <RunMark outcome={outcome} /> },
    { head: "Why", cell: whyCell },
    ...(fleet ? [{ head: "Server", cell: ({ server }: TaskRun) => <Tag>{server}</Tag> }] : []),
    {
      head: "Began",
      look: "number",
      yields: "first",
      // In the minute that it was due it began on time.
      cell: ({ due_at: due, started_at: at }) =>
        at === null || shortClock(at) === shortClock(due) ? null : shortClock(at),
    },
    { head: "Took", look: "number", cell: (run) => <RunTook run={run} /> },
    { head: "Attempt", look: "number", yields: "first", cell: ({ attempt }) => (attempt < 2 ? null : attempt) },
  ];
}

function shortClock(at: string): string {
  return formatShortClock(Date.parse(at), Date.now());
}

function whyCell({ reason, trigger, by, missed }: TaskRun): ReactNode {
  const words = [
    reason,
    trigger === "manual" && `run by hand${by === null ? "" : ` by ${by}`}`,
    trigger === "catch_up" && `caught up${by === null ? "" : `, asked for by ${by}`}`,
    missed > 1 && `stands for ${missed} times`,
  ].filter((each) => each !== false && each !== "");
  return words.length === 0 ? null : <span className={styles["reason"]}>{words.join(" · ")}</span>;
}

function History({ task: { name } }: { task: TaskRecord }) {
  const runs = useTaskRuns(name);
  const fleet = (useServers()?.length ?? 1) > 1;
  const all = runs.data?.pages.flatMap((page) => page.runs) ?? [];
  return (
    <Section title="History">
      {runs.isError ? <ErrorNotice error={runs.error} /> : null}
      {runs.isPending ? <Loading lines={4} label="Loading runs" /> : null}
      {runs.isSuccess && all.length === 0 ? (
        <Empty title="It has not run yet">Each time that it is due stands here, also those that did not happen.</Empty>
      ) : null}
      {all.length > 0 ? (
        <Table label={`Runs of ${name}`} columns={columnsOf(fleet)} rows={all} rowKey={({ id }) => id} />
      ) : null}
      {runs.hasNextPage ? (
        <Button
          size="s"
          look="plain"
          blocked={runs.isFetchingNextPage ? "they are on their way" : null}
          onClick={() => void runs.fetchNextPage()}
        >
          Older runs
        </Button>
      ) : null}
    </Section>
  );
}
