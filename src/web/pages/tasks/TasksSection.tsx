// The pages of tasks behind one door: each door of its own would weigh on the first screen.
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { paths } from "../../paths.ts";
import { NotFound } from "../../shell/NotFound.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { RunPage } from "./RunPage.tsx";
import { TaskPage } from "./TaskPage.tsx";
import { TasksPage } from "./TasksPage.tsx";

const AddTaskPage = lazy(async () => ({ default: (await import("./AddTaskPage.tsx")).AddTaskPage }));
const EditTaskPage = lazy(async () => ({ default: (await import("./EditTaskPage.tsx")).EditTaskPage }));

export function TasksSection() {
  return (
    <Suspense fallback={<Loading lines={6} />}>
      <Switch>
        <Route path={paths.tasks()} component={TasksPage} />
        <Route path={paths.addTask()} component={AddTaskPage} />
        <Route path="/tasks/:name" component={TaskPage} />
        <Route path="/tasks/:name/edit" component={EditTaskPage} />
        <Route path="/tasks/:name/runs/:id" component={RunPage} />
        <Route component={NotFound} />
      </Switch>
    </Suspense>
  );
}
