// The form's controls, tied to a draft and to what is wrong with it.
import type { ReactNode } from "react";
import { Field, TextArea, TextInput } from "../../ui/Field.tsx";
import type { Draft } from "./draft.ts";
import type { DraftCheck } from "./use-draft-check.ts";

/** Keys of a draft whose values are typed text. */
export type TextKey = { [K in keyof Draft]: string extends Draft[K] ? K : never }[keyof Draft];

export interface FormProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  check: DraftCheck;
  /** Controls that have been left once: before that, a missing value is no mistake yet. */
  touched: ReadonlySet<string>;
  touch: (key: string) => void;
}

/** What a text control is told. */
export interface DraftFieldProps {
  form: FormProps;
  name: TextKey;
  label: string;
  /** Path of the definition that this control writes; the control's own name unless given. */
  path?: string;
  help?: ReactNode;
  note?: string;
  placeholder?: string;
  rows?: number;
  mono?: boolean;
  disabled?: boolean;
  inputMode?: "numeric" | "decimal";
}

/** One text of the draft; `rows` makes it an area. */
export function DraftField({
  form,
  name,
  label,
  path = name,
  help,
  note,
  placeholder,
  rows,
  mono = false,
  disabled = false,
  inputMode,
}: DraftFieldProps) {
  const { draft, set, check, touched, touch } = form;
  const visible = draft[name] !== "" || touched.has(name);
  const common = {
    value: draft[name],
    mono,
    placeholder,
    disabled,
    onBlur: () => touch(name),
  };
  return (
    <Field
      label={label}
      help={help}
      {...(note !== undefined && { note })}
      error={visible ? check.at(path, "error") : undefined}
      warning={check.at(path, "warning")}
    >
      {(control) =>
        rows === undefined ? (
          <TextInput
            {...control}
            {...common}
            inputMode={inputMode}
            onChange={(event) => set({ [name]: event.target.value })}
          />
        ) : (
          <TextArea {...control} {...common} rows={rows} onChange={(event) => set({ [name]: event.target.value })} />
        )
      }
    </Field>
  );
}
