// Adds a task; the address may name the service that it is for.
import { useSearch } from "wouter";
import { Page } from "../../shell/Page.tsx";
import { TaskForm } from "./TaskForm.tsx";

export function AddTaskPage() {
  const service = new URLSearchParams(useSearch()).get("service") ?? "";
  return (
    <Page title="Add a task">
      <TaskForm saved={null} service={service} />
    </Page>
  );
}
