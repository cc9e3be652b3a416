// Runs what a task missed: from when on, and what that is, before anything runs.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { MINUTE } from "../../../base/units.ts";
import type { TaskMissed, TaskRecord } from "../../../contract/task.ts";
import { call } from "../../api/client.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { Field, Select, TextInput } from "../../ui/Field.tsx";
import { Columns, Fields } from "../../ui/FormLayout.tsx";
import { formatShortClock, plural } from "../../ui/format.ts";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { sinceChoices, sinceOf, type SinceChoice } from "./since.ts";
import styles from "./Tasks.module.css";

interface MissedDialogProps {
  task: TaskRecord;
  /** Why it cannot be run now, in words, or null. */
  blocked: string | null;
  onClose: () => void;
}

export function MissedDialog({ task, blocked, onClose }: MissedDialogProps) {
  const { name } = task;
  const { toasts } = useApp();
  const [choice, setChoice] = useState<SinceChoice>(task.enabled ? "today" : "off");
  const [date, setDate] = useState("");
  // The time of a choice is that when it was chosen, so that what runs is what was shown.
  const [since, setSince] = useState(() => sinceOf({ choice, date }, task, Date.now()));
  const choose = (next: SinceChoice, day: string): void => {
    setChoice(next);
    setDate(day);
    setSince(sinceOf({ choice: next, date: day }, task, Date.now()));
  };
  const missed = useQuery({
    queryKey: ["task-missed", name, since],
    queryFn: ({ signal }) =>
      call("GET /api/tasks/{name}/missed", { params: { name }, query: { since: isoOf(since ?? 0) }, signal }),
    enabled: since !== null,
    staleTime: 0,
    retry: false,
    refetchInterval: MINUTE,
  });
  const run = useMutation({
    mutationFn: (from: number) =>
      call("POST /api/tasks/{name}/run", { params: { name }, body: { since: isoOf(from) } }),
    onSuccess: ({ success, message }) => {
      onClose();
      toasts.show({ kind: success ? "done" : "failed", title: `Began what ${name} missed`, detail: message });
    },
  });
  const count = since === null ? 0 : (missed.data?.servers.reduce((sum, { due }) => sum + due.length, 0) ?? 0);
  const unready =
    since === null ? "choose a time that has passed" : count === 0 ? "nothing was missed since then" : null;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Run what ${name} missed`}
      description="Times it was due, as it is now, without a run. Each server runs its last 10, oldest first, one after the other, each once."
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            blocked={blocked ?? (run.isPending ? "it is being begun" : unready)}
            onClick={() => since !== null && run.mutate(since)}
          >
            {count === 0 ? "Run them" : `Run ${plural(count, "missed time")}`}
          </Button>
        </>
      }
    >
      <Fields>
        <Columns count={2}>
          <Field label="Missed since">
            {(control) => (
              <Select
                {...control}
                options={sinceChoices(task)}
                value={choice}
                onChange={(next) => choose(next, date)}
              />
            )}
          </Field>
          {choice === "date" ? (
            <Field label="From" error={date !== "" && since === null ? "is no time that has passed" : null}>
              {(control) => (
                <TextInput
                  {...control}
                  type="datetime-local"
                  value={date}
                  onChange={({ target }) => choose(choice, target.value)}
                />
              )}
            </Field>
          ) : null}
        </Columns>
        {missed.isError ? <ErrorNotice error={missed.error} /> : null}
        {missed.isLoading ? <Loading lines={3} label="Looking for what was missed" /> : null}
        <div role="status">
          {since === null || missed.data === undefined ? null : <Outlook missed={missed.data} since={since} />}
        </div>
        {run.isError ? <ErrorNotice error={run.error} /> : null}
      </Fields>
    </Dialog>
  );
}

/** What would run, server by server. */
function Outlook({ missed: { servers, total, since: from }, since }: { missed: TaskMissed; since: number }) {
  const now = Date.now();
  const known = Date.parse(from);
  return (
    <div className={styles["missed"]}>
      {known > since ? (
        <Notice tone="warn">
          What ran before {formatShortClock(known, now)} is no longer on record: looked at from then on.
        </Notice>
      ) : null}
      {total === 0 ? <p>Nothing was missed since {formatShortClock(known, now)}.</p> : null}
      {servers.map(({ server_id: id, server, connected, due, total: all, cut }) =>
        all === 0 ? null : (
          <section key={id} aria-label={`Missed on ${server}`}>
            <p className={styles["name"]}>
              {server}: {plural(all, "time")}
              {cut ? `, of which the last ${due.length} run` : ""}
            </p>
            {connected ? null : (
              <p className={styles["faint"]}>It is not connected now: it may have run these, and cannot be asked to.</p>
            )}
            <ul className={styles["missed-times"]}>
              {due.map(({ due_at: at, reason }) => (
                <li key={at}>
                  <span>{formatShortClock(Date.parse(at), now)}</span>
                  {reason === null ? null : <span className={styles["faint"]}>{reason}</span>}
                </li>
              ))}
            </ul>
          </section>
        ),
      )}
    </div>
  );
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}
