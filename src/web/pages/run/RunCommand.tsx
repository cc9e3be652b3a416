// The dialog that tells one server or several to do something once; its operation's page shows what becomes of it.
import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { compareNames } from "../../api/live-store.ts";
import { explain } from "../../api/problems.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyLine } from "../../ui/CopyLine.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, Select, TextArea, TextInput } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import styles from "./RunCommand.module.css";
import {
  cliOf,
  FIRST_DRAFT,
  isForService,
  isRun,
  missingOf,
  refusalsOf,
  requestOf,
  type CommandDraft,
  type WhatToDo,
} from "./command-draft.ts";

const WHATS: readonly { value: WhatToDo; label: string }[] = [
  { value: "shell", label: "Run a line in a shell" },
  { value: "program", label: "Run a program, without a shell" },
  { value: "start_service", label: "Start a service there" },
  { value: "stop_service", label: "Stop a service there" },
  { value: "restart_service", label: "Restart a service there" },
  { value: "ping", label: "Ping: does the agent answer?" },
];
const QUEUES = [
  { value: "0", label: "refuse them at once" },
  { value: "300", label: "wait for them, 5 minutes" },
  { value: "3600", label: "wait for them, an hour" },
  { value: "86400", label: "wait for them, a day" },
] as const;
/** Names in a sentence; the rest is counted. */
const MOST_NAMED = 6;

export function RunCommand({ servers, onClose }: { servers: readonly ServerNode[]; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<CommandDraft>(FIRST_DRAFT);
  const set = (over: Partial<CommandDraft>): void => setDraft({ ...draft, ...over });
  const refusals = useMemo(() => refusalsOf(draft, servers), [draft, servers]);
  const refused = refusals.reduce((sum, { names }) => sum + names.length, 0);
  const begin = useMutation({
    mutationFn: () =>
      call("POST /api/commands", {
        body: requestOf(
          draft,
          servers.map(({ id }) => id),
        ),
      }),
    onSuccess: ({ id }) => navigate(paths.operation(id)),
  });
  const issue = (path: string): string | undefined =>
    begin.isError ? explain(begin.error).issues.find((each) => each.path.split(".")[0] === path)?.message : undefined;
  const several = servers.length > 1;
  const names = servers.map(({ name }) => name);
  const cli = cliOf(draft, names);
  const blocked = begin.isPending
    ? "one moment, it is being begun"
    : (missingOf(draft) ?? (refused === servers.length ? "no server could do it" : null));
  return (
    <Dialog
      open
      onClose={onClose}
      title={several ? `Run a command on ${plural(servers.length, "server")}` : `Run a command on ${names[0] ?? ""}`}
      description={several ? named(names) : "Once, and never a second time by itself, also where the link breaks."}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="run-command" blocked={blocked}>
            {draft.what === "stop_service" ? "Stop it" : "Run"}
          </Button>
        </>
      }
    >
      <form
        id="run-command"
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === null) begin.mutate();
        }}
      >
        {begin.isError && explain(begin.error).issues.length === 0 ? <ErrorNotice error={begin.error} /> : null}
        <Field label="What">
          {(control) => <Select {...control} value={draft.what} options={WHATS} onChange={(what) => set({ what })} />}
        </Field>
        <Subject draft={draft} set={set} servers={servers} error={issue("argv") ?? issue("service_name")} />
        {refusals.map(({ why, names: refusing }) => (
          <Notice key={why} tone="warn">
            {named(refusing)} {why}.
          </Notice>
        ))}
        <Options draft={draft} set={set} several={several} issue={issue} />
        {cli === null || missingOf(draft) !== null ? null : <CopyLine label="The same in a shell" line={cli} />}
      </form>
    </Dialog>
  );
}

interface PartProps {
  draft: CommandDraft;
  set: (over: Partial<CommandDraft>) => void;
}

/** What is run, or which service is meant. */
function Subject({
  draft,
  set,
  servers,
  error,
}: PartProps & { servers: readonly ServerNode[]; error: string | undefined }) {
  const services = useMemo(
    () => [...new Set(servers.flatMap((server) => server.services))].sort(compareNames),
    [servers],
  );
  if (isRun(draft)) {
    const shell = draft.what === "shell";
    return (
      <Field
        label={shell ? "Line" : "Program and arguments"}
        help={shell ? "For /bin/sh, as the user that the agent runs as." : "One a line, taken as they stand."}
        error={error}
      >
        {(control) => (
          <TextArea
            {...control}
            mono
            rows={shell ? 2 : 3}
            value={draft.line}
            placeholder={shell ? "df -h / | tail -1" : "systemctl\nreload\nnginx"}
            onChange={(event) => set({ line: event.target.value })}
          />
        )}
      </Field>
    );
  }
  if (!isForService(draft)) return null;
  return (
    <Field
      label="Service"
      error={error}
      help={
        services.length === 0
          ? "No service is placed there."
          : "What is done there is what is wished for it there from then on."
      }
    >
      {(control) => (
        <Select
          {...control}
          value={draft.service}
          options={[{ value: "", label: "choose one" }, ...services.map((name) => ({ value: name, label: name }))]}
          onChange={(service) => set({ service })}
        />
      )}
    </Field>
  );
}

function Options({
  draft,
  set,
  several,
  issue,
}: PartProps & { several: boolean; issue: (path: string) => string | undefined }) {
  const numbers = [
    isRun(draft) && ({ key: "timeout", path: "timeout", label: "Ends after, seconds" } as const),
    several && ({ key: "width", path: "width", label: "Servers at a time" } as const),
    several &&
      ({ key: "stopAfter", path: "stop_after_failures", label: "Stop after failures", note: "empty: never" } as const),
  ].filter((each) => each !== false);
  return (
    <div className={styles["options"]}>
      {numbers.map(({ key, path, label, ...more }) => (
        <Field key={key} label={label} error={issue(path)} {...more}>
          {(control) => (
            <TextInput
              {...control}
              inputMode="numeric"
              value={draft[key]}
              onChange={(event) => set({ [key]: event.target.value })}
            />
          )}
        </Field>
      ))}
      <Field label="Offline servers" error={issue("queue_for")}>
        {(control) => <Select {...control} value={draft.queue} options={QUEUES} onChange={(queue) => set({ queue })} />}
      </Field>
    </div>
  );
}

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more > 0 ? `${names.slice(0, MOST_NAMED).join(", ")} and ${more} more` : names.join(", ");
}
