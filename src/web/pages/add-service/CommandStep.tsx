// Name, command, directory; and a try of the command before anything is saved.
import { Field, Select, TextArea } from "../../ui/Field.tsx";
import styles from "./AddService.module.css";
import { DraftField, type FormProps } from "./fields.tsx";
import { TryCommand } from "./TryCommand.tsx";

export function CommandStep({ form, blocked }: { form: FormProps; blocked: string | null }) {
  const { draft, set, check, touched, touch } = form;
  const shell = draft.form === "shell";
  const path = shell ? "start_cmd" : "argv";
  const visible = draft.command !== "" || touched.has("command");
  return (
    <div className={styles["fields"]}>
      <div className={styles["pair"]}>
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
      </div>
      <Field
        label="Command"
        error={visible ? check.at(path, "error") : undefined}
        warning={check.at(path, "warning")}
        help={
          shell
            ? "A shell line, run by /bin/sh: pipes and quotes work"
            : "The program, then one argument a line; no shell reads it"
        }
      >
        {(control) => (
          <TextArea
            {...control}
            mono
            rows={shell ? 2 : 4}
            value={draft.command}
            placeholder={shell ? "uvicorn main:app --port 8000" : "/usr/bin/redis-server\n--port\n6379"}
            onBlur={() => touch("command")}
            onChange={(event) => set({ command: event.target.value })}
          />
        )}
      </Field>
      <div className={styles["pair"]}>
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
      </div>
      <TryCommand form={form} blocked={blocked} />
    </div>
  );
}
