// The form's text controls, tied to a draft and to what is wrong with it.
import type { ReactNode } from "react";
import { Field, TextInput } from "../../ui/Field.tsx";
import type { TaskDraft } from "./task-draft.ts";
import type { DraftCheck } from "./use-task-check.ts";

type TextKey = { [K in keyof TaskDraft]: string extends TaskDraft[K] ? K : never }[keyof TaskDraft];

export interface FormProps {
  draft: TaskDraft;
  set: (change: Partial<TaskDraft>) => void;
  check: DraftCheck;
  /** Controls that have been left once: before that, a missing value is no mistake yet. */
  touched: ReadonlySet<string>;
  touch: (key: string) => void;
}

interface TextProps {
  label: string;
  /** Where the task has it. */
  path: string;
  help?: ReactNode;
  note?: string;
  placeholder?: string | undefined;
  inputMode?: "numeric" | "decimal";
}

/** One text of the draft. */
export function DraftText({
  form,
  name,
  path,
  placeholder,
  inputMode,
  ...field
}: TextProps & { form: FormProps; name: TextKey }) {
  const { draft, set, check, touched, touch } = form;
  const visible = draft[name] !== "" || touched.has(name);
  return (
    <Field {...field} error={visible ? check.at(path, "error") : undefined} warning={check.at(path, "warning")}>
      {(control) => (
        <TextInput
          {...control}
          value={draft[name]}
          placeholder={placeholder}
          inputMode={inputMode}
          onBlur={() => touch(name)}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
}

/** One text of its retries. */
export function RetryText({
  form,
  name,
  path,
  placeholder,
  inputMode,
  ...field
}: TextProps & { form: FormProps; name: keyof TaskDraft["retries"] }) {
  const { draft, set, check } = form;
  return (
    <Field {...field} error={check.at(path, "error")} warning={check.at(path, "warning")}>
      {(control) => (
        <TextInput
          {...control}
          value={draft.retries[name]}
          placeholder={placeholder}
          inputMode={inputMode}
          onChange={(event) => set({ retries: { ...draft.retries, [name]: event.target.value } })}
        />
      )}
    </Field>
  );
}
