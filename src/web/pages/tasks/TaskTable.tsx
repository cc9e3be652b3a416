// Tasks as rows: what each does and where, when it is due, how it went, and what can be done to it.
import Pencil from "lucide-react/icons/pencil";
import Play from "lucide-react/icons/play";
import Trash from "lucide-react/icons/trash-2";
import { useState } from "react";
import { Link } from "wouter";
import type { TaskRecord } from "../../../contract/task.ts";
import { useServers } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { IconButton, IconLink } from "../../ui/Button.tsx";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";
import { Switch } from "../../ui/Field.tsx";
import { Table, type Column } from "../../ui/Table.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Ago } from "../../ui/Time.tsx";
import { NextRun } from "./NextRun.tsx";
import { actionWords } from "./run-look.ts";
import { RunMark } from "./RunMark.tsx";
import styles from "./Tasks.module.css";
import { Trend } from "./Trend.tsx";
import { useTaskActs, type TaskActs } from "./use-task-acts.ts";

/** Names of servers in a row; the rest is counted. */
const MOST_SERVERS = 3;

export function TaskTable({ tasks }: { tasks: readonly TaskRecord[] }) {
  const acts = useTaskActs();
  const [deleting, setDeleting] = useState<string | null>(null);
  const fleet = (useServers()?.length ?? 1) > 1;
  return (
    <>
      <Table label="Tasks" columns={columnsOf(acts, fleet, setDeleting)} rows={tasks} rowKey={({ name }) => name} />
      {deleting === null ? null : (
        <ConfirmByName
          verb="Delete"
          name={deleting}
          description="Its history goes with it; a run that goes on is not ended."
          onClose={() => setDeleting(null)}
          onConfirm={() => void acts.remove(deleting)}
        />
      )}
    </>
  );
}

function columnsOf(acts: TaskActs, fleet: boolean, onDelete: (name: string) => void): Column<TaskRecord>[] {
  return [
    { head: "Task", cell: (task) => <What task={task} fleet={fleet} /> },
    { head: "Schedule", yields: "later", cell: (task) => <Schedule task={task} /> },
    { head: "Next run", look: "number", cell: (task) => <NextRun task={task} /> },
    { head: "Last result", cell: (task) => <LastRun task={task} /> },
    { head: "Durations", yields: "first", cell: (task) => <Trend task={task} /> },
    {
      head: "On",
      cell: (task) => (
        <Switch
          label={`${task.name} is on`}
          checked={task.enabled}
          blocked={acts.blockedToWrite(task)}
          onChange={(on) => void acts.setEnabled(task, on)}
        />
      ),
    },
    { head: "Acts", look: "acts", cell: (task) => <RowActs task={task} acts={acts} onDelete={onDelete} /> },
  ];
}

function What({ task, fleet }: { task: TaskRecord; fleet: boolean }) {
  const { name, servers } = task;
  const shown = servers.length > MOST_SERVERS ? servers.slice(0, MOST_SERVERS - 1) : servers;
  const more = servers.slice(shown.length);
  return (
    <span className={styles["what"]} data-task={name}>
      <Link href={paths.task(name)} className={styles["name"]}>
        {name}
      </Link>
      <span className={styles["action"]} title={actionWords(task)}>
        {task.action === "command" ? <code>{actionWords(task)}</code> : actionWords(task)}
      </span>
      {fleet ? (
        <span className={styles["servers"]}>
          {shown.map((server) => (
            <Link key={server} href={paths.server(server)}>
              <Tag>{server}</Tag>
            </Link>
          ))}
          {more.length === 0 ? null : <Tag title={more.join(", ")}>+{more.length}</Tag>}
        </span>
      ) : null}
    </span>
  );
}

/** In words and as it is written; the zone only where it is not the hub's, which the words are in then. */
function Schedule({ task: { description, cron_expression, timezone } }: { task: TaskRecord }) {
  return (
    <span className={styles["what"]}>
      <span>{description}</span>
      <span className={styles["faint"]}>
        <code>{cron_expression}</code>
        {timezone === null ? null : ` ${timezone}`}
      </span>
    </span>
  );
}

export function LastRun({ task: { last_run: last } }: { task: TaskRecord }) {
  if (last === null) return <span className={styles["faint"]}>never ran</span>;
  return (
    <span className={styles["what"]}>
      <Link href={paths.taskRun(last.task, last.id)} title={last.reason}>
        <RunMark outcome={last.outcome} />
      </Link>
      <span className={styles["faint"]}>
        <Ago at={last.ended_at ?? last.started_at ?? last.due_at} />
      </span>
    </span>
  );
}

function RowActs({ task, acts, onDelete }: { task: TaskRecord; acts: TaskActs; onDelete: (name: string) => void }) {
  const { name } = task;
  const blocked = acts.blockedToWrite(task);
  return (
    <span className={styles["acts"]}>
      <IconButton label={`Run ${name} now`} blocked={acts.blockedToRun(task)} onClick={() => void acts.run(name)}>
        <Play aria-hidden="true" />
      </IconButton>
      {blocked === null ? (
        <IconLink label={`Edit ${name}`} to={paths.editTask(name)}>
          <Pencil aria-hidden="true" />
        </IconLink>
      ) : (
        <IconButton label={`Edit ${name}`} blocked={blocked}>
          <Pencil aria-hidden="true" />
        </IconButton>
      )}
      <IconButton label={`Delete ${name}`} blocked={blocked} onClick={() => onDelete(name)}>
        <Trash aria-hidden="true" />
      </IconButton>
    </span>
  );
}
