// What is done to tasks: run now, switched on and off, deleted. Shown at once, followed by one toast, undone where that is possible.
import { navigate } from "wouter/use-browser-location";
import type { TaskRecord } from "../../../contract/task.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { inputOf } from "./task-draft.ts";

/** What somebody may do to a task, and how. Acts resolve when they are done or have failed (told by the toast); they never reject. */
export interface TaskActs {
  /** Runs it now, on all its servers or on one (an id); resolves to the id of the run, if one began. */
  run(name: string, server?: string): Promise<string | undefined>;
  setEnabled(task: TaskRecord, on: boolean): Promise<void>;
  remove(name: string): Promise<boolean>;
  /** Why it cannot be run now, in words, or null. */
  blockedToRun(task: Pick<TaskRecord, "action">): string | null;
  /** Why it cannot be changed or deleted, in words, or null. */
  blockedToWrite(task: Pick<TaskRecord, "action" | "owner">): string | null;
}

export function useTaskActs(): TaskActs {
  const { toasts } = useApp();
  const operate = useBlocked("operate");
  // A command is any program on any server: only admins may have it run.
  const write = useBlocked("write");
  const blockedToRun: TaskActs["blockedToRun"] = ({ action }) => (action === "command" ? write : operate);

  const setEnabled = async (task: TaskRecord, on: boolean): Promise<void> => {
    const { name } = task;
    const id = toasts.show({ kind: "busy", title: `Switching ${name} ${on ? "on" : "off"}…` });
    const put = (enabled: boolean) =>
      call("PUT /api/tasks/{name}", { params: { name }, body: inputOf(task, { enabled }), ifRevision: task.revision });
    try {
      await put(on);
      const undone = async (): Promise<void> => {
        const now = await call("GET /api/tasks/{name}", { params: { name } });
        await setEnabled(now, !on);
      };
      toasts.show(
        {
          kind: "done",
          title: `Switched ${name} ${on ? "on" : "off"}`,
          detail: on ? "What was due before is not made up for." : "It runs only when somebody asks.",
          action: { label: "Undo", run: () => void undone().catch(() => undefined) },
        },
        id,
      );
    } catch (error) {
      toasts.show(
        { kind: "failed", title: `Cannot switch ${name} ${on ? "on" : "off"}`, detail: explain(error).detail },
        id,
      );
    }
  };

  return {
    async run(name, server) {
      const id = toasts.show({ kind: "busy", title: `Running ${name}…` });
      try {
        const answer = await call("POST /api/tasks/{name}/run", {
          params: { name },
          query: server === undefined ? {} : { server },
        });
        const refused = answer.runs.filter(({ run_id }) => run_id === null);
        const show = { label: "Show", run: () => navigate(paths.taskRun(name, answer.run_id)) };
        toasts.show(
          refused.length === 0
            ? { kind: "done", title: `Began ${name}`, detail: answer.message, action: show }
            : {
                kind: "failed",
                title: `${refused.length} of ${answer.runs.length} servers did not begin ${name}`,
                detail: refused.map(({ server: at, message }) => `${at}: ${message}`).join("\n"),
                action: show,
              },
          id,
        );
        return answer.run_id;
      } catch (error) {
        // The hub's words begin with what was tried, as the title does.
        const detail = explain(error).detail.replace(`Cannot run task "${name}": `, "");
        toasts.show({ kind: "failed", title: `Cannot run ${name}`, detail }, id);
        return undefined;
      }
    },
    setEnabled,
    async remove(name) {
      const id = toasts.show({ kind: "busy", title: `Deleting ${name}…` });
      try {
        await call("DELETE /api/tasks/{name}", { params: { name } });
        toasts.show({ kind: "done", title: `Deleted ${name}` }, id);
        return true;
      } catch (error) {
        toasts.show({ kind: "failed", title: `Cannot delete ${name}`, detail: explain(error).detail }, id);
        return false;
      }
    },
    blockedToRun,
    blockedToWrite: (task) =>
      task.owner === null ? blockedToRun(task) : `${task.owner} owns it: change that file and apply it`,
  };
}
