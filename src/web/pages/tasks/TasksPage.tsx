// All scheduled tasks: what is due next, how the last run went, and the way to the first one.
import Plus from "lucide-react/icons/plus";
import { useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import type { TaskRecord } from "../../../contract/task.ts";
import { useBlocked } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Chip, FilterBox } from "../overview/FilterBar.tsx";
import barStyles from "../overview/FilterBar.module.css";
import { Countdown } from "./NextRun.tsx";
import { firstDue, fitsText, isShown, readTaskView, writeTaskView, type TaskView } from "./task-list.ts";
import { TaskTable } from "./TaskTable.tsx";
import { useRowKeys } from "./use-row-keys.ts";
import { useTasks } from "./use-tasks.ts";

/** More are shown when somebody asks. */
const AT_FIRST = 100;
const SHOWS = [
  { show: "all", label: "All" },
  { show: "failed", label: "Failed" },
  { show: "off", label: "Off" },
] as const;

export function TasksPage() {
  const tasks = useTasks();
  const mayAdd = useBlocked("operate") === null;
  const add = (
    <ButtonLink look="primary" to={paths.addTask()}>
      <Plus aria-hidden="true" /> Add task
    </ButtonLink>
  );
  return (
    <Page
      title="Tasks"
      sub={tasks.data === undefined ? undefined : <Sub tasks={tasks.data} />}
      actions={mayAdd ? add : undefined}
    >
      {tasks.isError ? <ErrorNotice error={tasks.error} /> : null}
      {tasks.isPending ? <Loading lines={6} label="Loading tasks" /> : null}
      {tasks.data?.length === 0 ? <NoTasks mayAdd={mayAdd} /> : null}
      {tasks.data !== undefined && tasks.data.length > 0 ? <TaskList tasks={tasks.data} /> : null}
    </Page>
  );
}

function Sub({ tasks }: { tasks: readonly TaskRecord[] }) {
  if (tasks.length === 0) return "nothing is scheduled";
  const due = firstDue(tasks);
  const off = tasks.filter(({ enabled }) => !enabled).length;
  return (
    <>
      {[plural(tasks.length, "task"), off > 0 && `${off} off`].filter(Boolean).join(" · ")}
      {due === null ? null : (
        <>
          {" · next "}
          <Countdown to={due} />
        </>
      )}
    </>
  );
}

function NoTasks({ mayAdd }: { mayAdd: boolean }) {
  return (
    <Empty
      title="No tasks yet"
      {...(mayAdd && {
        buttons: (
          <ButtonLink look="primary" to={paths.addTask()}>
            Add the first one
          </ButtonLink>
        ),
      })}
    >
      <p>
        A task starts, stops or restarts a service at set times, or runs a command: restart api at 03:00 each night. Its
        server does it, also while the hub is away.
      </p>
      <p>
        Those of a crontab come in with <code>tailherd task import</code>.
      </p>
    </Empty>
  );
}

function TaskList({ tasks }: { tasks: readonly TaskRecord[] }) {
  const search = useSearch();
  const [, navigate] = useLocation();
  const view = useMemo(() => readTaskView(search), [search]);
  const setView = (next: TaskView): void => navigate(paths.tasks() + writeTaskView(next), { replace: true });
  const [all, setAll] = useState(false);
  const found = tasks.filter((task) => isShown(task, view.show) && fitsText(task, view.text));
  const shown = all ? found : found.slice(0, AT_FIRST);
  useRowKeys("[data-task] > a");
  return (
    <>
      <div className={barStyles["bar"]}>
        <FilterBox
          label="Filter tasks"
          placeholder="Filter by name, service…"
          text={view.text}
          onText={(text) => setView({ ...view, text })}
        />
        <div className={barStyles["chips"]} role="group" aria-label="Show">
          {SHOWS.map(({ show, label }) => (
            <Chip
              key={show}
              on={view.show === show}
              count={tasks.filter((task) => isShown(task, show)).length}
              onClick={() => setView({ ...view, show })}
            >
              {label}
            </Chip>
          ))}
        </div>
      </div>
      {found.length === 0 ? (
        <Empty
          title={`0 of ${plural(tasks.length, "task")} match`}
          buttons={<Button onClick={() => setView({ text: "", show: "all" })}>Clear the filter</Button>}
        />
      ) : (
        <TaskTable tasks={shown} />
      )}
      {found.length > shown.length ? (
        <Button look="plain" onClick={() => setAll(true)}>
          Show {found.length - shown.length} more
        </Button>
      ) : null}
    </>
  );
}
