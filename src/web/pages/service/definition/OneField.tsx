// One field of a definition with its control, and what is wrong with it.
import type { SpecProblem } from "../../../../contract/agent.ts";
import type { FieldIssue } from "../../../../contract/errors.ts";
import { Checkbox, Field, Select, Switch, TextArea, TextInput, type ControlProps } from "../../../ui/Field.tsx";
import styles from "./Definition.module.css";
import { issueFor, NEVER, type FieldSpec } from "./fields.ts";

/** `path`: where in the definition it is, when that is not its own path. */
export function OneField({
  field,
  path = field.path,
  text,
  onText,
  problems,
}: {
  field: FieldSpec;
  path?: string;
  text: string;
  onText: (text: string) => void;
  problems: readonly SpecProblem[];
}) {
  const of = (severity: SpecProblem["severity"]): FieldIssue[] =>
    problems.filter((problem) => problem.severity === severity);
  const wide = field.kind === "long" || field.kind === "lines" || field.kind === "pairs";
  return (
    <Field
      label={field.label}
      help={field.help}
      error={issueFor(of("error"), path)}
      warning={issueFor(of("warning"), path)}
      className={wide ? styles["wide"] : undefined}
    >
      {(control) => <Control field={field} text={text} onText={onText} control={control} />}
    </Field>
  );
}

function Control({
  field,
  text,
  onText,
  control,
}: {
  field: FieldSpec;
  text: string;
  onText: (text: string) => void;
  control: ControlProps;
}) {
  const mono = field.mono ?? false;
  if (field.kind === "switch")
    return <Switch label={field.label} checked={text === "true"} onChange={(on) => onText(String(on))} />;
  if (field.kind === "choice") {
    const options = (field.options ?? []).map((value) => ({ value, label: value }));
    return (
      <Select
        {...control}
        value={text}
        options={
          text === "" || field.none !== undefined
            ? [{ value: "", label: field.none ?? "as the settings say" }, ...options]
            : options
        }
        onChange={onText}
      />
    );
  }
  if (field.kind === "limit") return <Limit text={text} onText={onText} control={control} />;
  if (field.kind === "long" || field.kind === "lines" || field.kind === "pairs") {
    return (
      <TextArea
        {...control}
        mono={mono}
        value={text}
        rows={Math.min(8, Math.max(2, text.split("\n").length))}
        onChange={(event) => onText(event.target.value)}
      />
    );
  }
  return (
    <TextInput
      {...control}
      mono={mono}
      value={text}
      {...(field.kind === "number" && { inputMode: "decimal" as const })}
      onChange={(event) => onText(event.target.value)}
    />
  );
}

/** A number, or none at all. */
function Limit({ text, onText, control }: { text: string; onText: (text: string) => void; control: ControlProps }) {
  const never = text.trim() === NEVER;
  return (
    <div className={styles["limit"]}>
      <TextInput
        {...control}
        inputMode="numeric"
        value={never ? "" : text}
        placeholder={never ? NEVER : ""}
        disabled={never}
        onChange={(event) => onText(event.target.value)}
      />
      <Checkbox label="Never give up" checked={never} onChange={(event) => onText(event.target.checked ? NEVER : "")} />
    </div>
  );
}
