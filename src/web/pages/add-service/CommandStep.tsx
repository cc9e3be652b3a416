// Name, command, directory; and a try of the command before anything is saved.
import { CommandField } from "../../ui/CommandField.tsx";
import { Field, Select } from "../../ui/Field.tsx";
import { Columns, Fields } from "../../ui/FormLayout.tsx";
import { DraftField, type FormProps } from "./fields.tsx";
import { TryCommand } from "./TryCommand.tsx";

export function CommandStep({ form, blocked }: { form: FormProps; blocked: string | null }) {
  const { draft, set, check, touched, touch } = form;
  const shell = draft.form === "shell";
  const path = shell ? "start_cmd" : "argv";
  const visible = draft.command !== "" || touched.has("command");
  return (
    <Fields>
      <Columns count={2}>
        <DraftField
          form={form}
          name="name"
          label="Name"
          help="Letters, digits, blanks, . _ -; unique, and not changed later"
        />
        <Field label="Kind">
          {(control) => (
            <Select
              {...control}
              value={draft.kind}
              onChange={(kind) => set({ kind })}
              options={[
                { value: "backend", label: "backend" },
                { value: "frontend", label: "frontend" },
                { value: "other", label: "other" },
              ]}
            />
          )}
        </Field>
      </Columns>
      <CommandField
        shell={shell}
        value={draft.command}
        examples={{ shell: "uvicorn main:app --port 8000", argv: "/usr/bin/redis-server\n--port\n6379" }}
        error={visible ? check.at(path, "error") : undefined}
        warning={check.at(path, "warning")}
        onBlur={() => touch("command")}
        onChange={(command) => set({ command })}
      />
      <Columns count={2}>
        <Field label="Read the command as">
          {(control) => (
            <Select
              {...control}
              value={draft.form}
              onChange={(next) => set({ form: next })}
              options={[
                { value: "shell", label: "a shell line" },
                { value: "argv", label: "arguments, one a line" },
              ]}
            />
          )}
        </Field>
        <DraftField
          form={form}
          name="working_dir"
          label="Directory"
          note="optional"
          mono
          placeholder="/srv/api"
          help="Where it runs; the user's home if left empty"
        />
      </Columns>
      <TryCommand form={form} blocked={blocked} />
    </Fields>
  );
}
