// The form of a task, new or saved: what it does, when, and how it is cared for; checked while it is typed, with what saving would change.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { TaskCheck, TaskRecord } from "../../../contract/task.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { CHECKING, SaveBar, type Verdict, wrongWords } from "../../ui/FormLayout.tsx";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { useCheckedSubmit } from "../../ui/use-checked-submit.ts";
import { CarePart } from "./CarePart.tsx";
import type { FormProps } from "./form-fields.tsx";
import { dryRunWords } from "./schedule/dry-run.ts";
import { EMPTY_TASK, fromTask, toTask, type TaskDraft } from "./task-draft.ts";
import styles from "./TaskForm.module.css";
import { useTaskCheck, type DraftCheck } from "./use-task-check.ts";
import { useTasks } from "./use-tasks.ts";
import { WhatPart } from "./WhatPart.tsx";
import { WhenPart } from "./WhenPart.tsx";

const NOTHING: TaskCheck["problems"] = [];
const TAKEN: TaskCheck["problems"] = [{ path: "name", message: "is taken by another task", severity: "error" }];

/** `saved`: the task that is changed; null for a new one, which may be for a service. */
export function TaskForm({ saved, service = "" }: { saved: TaskRecord | null; service?: string }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<TaskDraft>(() => (saved === null ? { ...EMPTY_TASK, service } : fromTask(saved)));
  // Of what the draft was made from: what is saved meanwhile must not be lost.
  const [revision] = useState(saved?.revision);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const blocked = useMayWrite(draft, saved);
  const { data: tasks } = useTasks();
  const taken = saved === null && tasks?.some(({ name }) => name === draft.name.trim()) === true;
  const check = useTaskCheck(toTask(draft), taken ? TAKEN : NOTHING);

  const save = useMutation({
    mutationFn: () => {
      const body = toTask(draft);
      return saved === null
        ? call("POST /api/tasks", { body })
        : call("PUT /api/tasks/{name}", {
            params: { name: saved.name },
            body,
            ...(revision !== undefined && { ifRevision: revision }),
          });
    },
    onSuccess: ({ warnings }) => {
      const name = draft.name.trim();
      toasts.show({
        kind: "done",
        title: saved === null ? `Added ${name}` : `Saved ${name}`,
        ...(warnings.length > 0 && { detail: warnings.join("\n") }),
      });
      navigate(paths.task(name));
    },
  });
  const submit = useCheckedSubmit({ ...check, saving: save.isPending, submit: save.mutate });
  const form: FormProps = {
    draft,
    set: (change) => setDraft((now) => ({ ...now, ...change })),
    check,
    touched,
    touch: (key) => setTouched((now) => (now.has(key) ? now : new Set(now).add(key))),
  };
  return (
    <form
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        setTouched(new Set(Object.keys(draft)));
        if (blocked === null) submit();
      }}
    >
      <Section title="1 · What it does">
        <Panel>
          <WhatPart form={form} saved={saved} />
        </Panel>
      </Section>
      <Section title="2 · When">
        <Panel>
          <WhenPart form={form} />
        </Panel>
      </Section>
      <Section title="3 · How it is cared for">
        <Panel>
          <CarePart form={form} />
        </Panel>
      </Section>
      {check.general.length === 0 ? null : (
        <Notice tone="warn">
          {check.general.map((words) => (
            <span key={words}>{words}</span>
          ))}
        </Notice>
      )}
      {save.isError ? <ErrorNotice error={save.error} /> : null}
      <SaveBar {...summaryOf(draft, saved, check)}>
        <Button look="primary" type="submit" blocked={blocked ?? (save.isPending ? "it is being saved" : null)}>
          {saved === null ? "Add task" : "Save"}
        </Button>
      </SaveBar>
    </form>
  );
}

/** Why it cannot be saved by whoever looks; null when it can. */
function useMayWrite({ action }: TaskDraft, saved: TaskRecord | null): string | null {
  const operate = useBlocked("operate");
  const write = useBlocked("write");
  if (saved !== null && saved.owner !== null) return `${saved.owner} owns it: change that file and apply it`;
  return action === "command" || saved?.action === "command" ? write : operate;
}

/** What is wrong, else what saving changes. */
function summaryOf(draft: TaskDraft, saved: TaskRecord | null, check: DraftCheck): Verdict {
  const { answer, errors, pending, failure } = check;
  if (saved === null && draft.name === "") return { words: "A name, what it does, and when.", tone: "quiet" };
  if (failure !== undefined) return { words: failure, tone: "bad" };
  if (pending || answer === undefined) return CHECKING;
  return errors > 0 ? wrongWords(errors) : { words: changeWords(draft, saved, answer), tone: "ok" };
}

function changeWords(draft: TaskDraft, saved: TaskRecord | null, answer: TaskCheck): string {
  const { runs_in_week: runs, runs_in_week_now: before, servers } = answer;
  const moved =
    saved !== null &&
    (draft.expression.trim() !== saved.cron_expression || draft.timezone.trim() !== (saved.timezone ?? ""));
  return dryRunWords(
    { enabled: draft.enabled, runs, servers: servers.length },
    saved === null || before === null ? null : { enabled: saved.enabled, runs: before, servers: saved.servers.length },
    moved,
  );
}
