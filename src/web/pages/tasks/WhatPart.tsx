// What a task does: to which service, or by which command, and on which servers.
import { useBlocked, useServers, useServices } from "../../api/hooks.ts";
import type { TaskRecord } from "../../../contract/task.ts";
import { CommandField } from "../../ui/CommandField.tsx";
import { Field, Select, TextInput } from "../../ui/Field.tsx";
import { Columns, Fields } from "../../ui/FormLayout.tsx";
import { ACTIONS } from "./choices.ts";
import { DraftText, type FormProps } from "./form-fields.tsx";

export function WhatPart({ form, saved }: { form: FormProps; saved: TaskRecord | null }) {
  const { draft, set } = form;
  const mayRun = useBlocked("write") === null;
  const actions = ACTIONS.filter(({ value }) => value !== "command" || mayRun || draft.action === "command");
  return (
    <Fields>
      <Columns count={2}>
        {saved === null ? (
          <DraftText
            form={form}
            name="name"
            path="name"
            label="Name"
            help="Unique, at most 64 characters, and not changed later"
          />
        ) : (
          <Field label="Name" help="Stays as it is">
            {(control) => <TextInput {...control} readOnly value={draft.name} />}
          </Field>
        )}
        <Field label="It shall" help={mayRun ? undefined : "Commands are for admins"}>
          {(control) => (
            <Select {...control} value={draft.action} options={actions} onChange={(action) => set({ action })} />
          )}
        </Field>
      </Columns>
      {draft.action === "command" ? <Command form={form} /> : null}
      <Service form={form} />
      <Placement form={form} />
    </Fields>
  );
}

/** Of a command it is a choice: where that service runs, it runs. */
function Service({ form: { draft, set, check, touched, touch } }: { form: FormProps }) {
  const services = useServices();
  const command = draft.action === "command";
  const names = services.map(({ name }) => name);
  // One that is gone stays to be seen.
  const known = draft.service === "" || names.includes(draft.service) ? names : [draft.service, ...names];
  return (
    <Field
      label={command ? "Where this service runs" : "Service"}
      {...(command && { note: "optional" })}
      help={services.length === 0 && !command ? "There is no service yet." : undefined}
      error={draft.service !== "" || touched.has("service") ? check.at("service_name", "error") : undefined}
      warning={check.at("service_name", "warning")}
    >
      {(control) => (
        <Select
          {...control}
          value={draft.service}
          options={[
            { value: "", label: command ? "no service: by the servers below" : "choose one" },
            ...known.map((name) => ({ value: name, label: name })),
          ]}
          onBlur={() => touch("service")}
          onChange={(service) => set({ service })}
        />
      )}
    </Field>
  );
}

function Command({ form: { draft, set, check, touched, touch } }: { form: FormProps }) {
  const shell = draft.form === "shell";
  return (
    <>
      <CommandField
        shell={shell}
        value={draft.command}
        examples={{ shell: "pg_dump app | gzip > /backup/app.gz", argv: "/usr/bin/rsync\n-a\n/srv/\n/backup/srv/" }}
        error={draft.command !== "" || touched.has("command") ? check.at("command", "error") : undefined}
        warning={check.at("command", "warning")}
        onBlur={() => touch("command")}
        onChange={(command) => set({ command })}
      />
      <Field label="Read the command as">
        {(control) => (
          <Select
            {...control}
            value={draft.form}
            options={[
              { value: "shell", label: "a shell line" },
              { value: "argv", label: "arguments, one a line" },
            ]}
            onChange={(next) => set({ form: next })}
          />
        )}
      </Field>
    </>
  );
}

/** Where it runs; with one machine there is nothing to choose. */
function Placement({ form }: { form: FormProps }) {
  const servers = useServers() ?? [];
  const { draft } = form;
  if (servers.length < 2 && draft.servers === "" && draft.tags === "") return null;
  const example = servers
    .slice(0, 2)
    .map(({ name }) => name)
    .join(", ");
  return (
    <Columns count={2}>
      <DraftText
        form={form}
        name="servers"
        path="placement.servers"
        label="On servers"
        placeholder={example}
        help={
          draft.action === "command"
            ? "Names, with commas between; both empty: the hub's own machine"
            : "Names, with commas between; both empty: wherever the service runs"
        }
      />
      <DraftText
        form={form}
        name="tags"
        path="placement.tags"
        label="And on all with these tags"
        help="Also on servers that get the tags later"
      />
    </Columns>
  );
}
