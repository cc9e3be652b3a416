// Adds a task.
import { Page } from "../../shell/Page.tsx";
import { TaskForm } from "./TaskForm.tsx";

export function AddTaskPage() {
  return (
    <Page title="Add a task">
      <TaskForm saved={null} />
    </Page>
  );
}
