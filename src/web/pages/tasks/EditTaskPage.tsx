// Changes a task that is saved.
import { useState } from "react";
import { useParams } from "wouter";
import { Page } from "../../shell/Page.tsx";
import { paths } from "../../paths.ts";
import type { TaskRecord } from "../../../contract/task.ts";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { TaskForm } from "./TaskForm.tsx";
import { NoTask } from "./TaskPage.tsx";
import { useTask } from "./use-tasks.ts";

export function EditTaskPage() {
  const { name: raw = "" } = useParams();
  const name = decodeURIComponent(raw);
  const { data, error, isPending } = useTask(name);
  return (
    <Page title={`Edit ${name}`} actions={<ButtonLink to={paths.task(name)}>Back to the task</ButtonLink>}>
      {data !== undefined && error === null ? <Editor key={name} task={data} /> : null}
      {isPending ? <Loading lines={6} label={`Loading ${name}`} /> : null}
      {error === null ? null : <NoTask error={error} />}
    </Page>
  );
}

/** Starts from the task as it was when the page was opened; what somebody else saves meanwhile is told, not mixed in. */
function Editor({ task }: { task: TaskRecord }) {
  const [base, setBase] = useState(task);
  return (
    <>
      {task.revision === base.revision ? null : (
        <Notice tone="warn">
          <strong>Somebody changed it meanwhile.</strong>
          <span>
            <Button size="s" onClick={() => setBase(task)}>
              Begin again from what is saved
            </Button>
          </span>
        </Notice>
      )}
      <TaskForm key={base.revision} saved={base} />
    </>
  );
}
