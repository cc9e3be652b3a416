// Changes a definition field by field; sends only what was changed, and only if nobody else changed it meanwhile.
import { useState, type FormEvent } from "react";
import type { FieldIssue } from "../../../../contract/errors.ts";
import type { ServiceSpec } from "../../../../contract/service.ts";
import { ApiError, call } from "../../../api/client.ts";
import { useBlocked } from "../../../api/hooks.ts";
import { explain, type Explanation } from "../../../api/problems.ts";
import { useApp } from "../../../app-context.ts";
import { Button } from "../../../ui/Button.tsx";
import { Field, Select, Switch, TextArea, TextInput, type ControlProps } from "../../../ui/Field.tsx";
import styles from "./Definition.module.css";
import { draftOf, FIELD_GROUPS, issueFor, otherIssues, patchOf, type FieldSpec } from "./fields.ts";

interface DefinitionFormProps {
  spec: ServiceSpec;
  revision: number;
  onClose: () => void;
}

export function DefinitionForm({ spec, revision, onClose }: DefinitionFormProps) {
  const { toasts, queries } = useApp();
  // What the form began from: later revisions are somebody else's, and must be refused rather than overwritten.
  const [start] = useState(() => draftOf(spec));
  const [startRevision] = useState(revision);
  const [draft, setDraft] = useState(start);
  const [refusal, setRefusal] = useState<Explanation | null>(null);
  const [saving, setSaving] = useState(false);
  const blocked = useBlocked("write");
  const patch = patchOf(draft, start);

  const save = async (): Promise<void> => {
    if (patch === null) return onClose();
    setSaving(true);
    setRefusal(null);
    try {
      const saved = await call("PATCH /api/services/{name}", {
        params: { name: spec.name },
        body: patch,
        ifRevision: startRevision,
      });
      await queries.invalidateQueries({ queryKey: ["spec", spec.name] });
      toasts.show({
        kind: "done",
        title: `Saved ${spec.name} as r${saved.revision}`,
        detail: "It counts from the next start.",
      });
      onClose();
    } catch (error) {
      setRefusal(explain(error));
      if (error instanceof ApiError && error.code === "invalid") focusFirstError();
    } finally {
      setSaving(false);
    }
  };

  return (
    <form
      className={styles["form"]}
      noValidate
      aria-label={`Edit ${spec.name}`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save();
      }}
    >
      {FIELD_GROUPS.map((group) => (
        <fieldset key={group.title} className={styles["group"]}>
          <legend>{group.title}</legend>
          {group.fields.map((field) => (
            <OneField
              key={field.path}
              field={field}
              text={draft[field.path] ?? ""}
              onText={(text) => setDraft((before) => ({ ...before, [field.path]: text }))}
              issues={refusal?.issues ?? []}
            />
          ))}
        </fieldset>
      ))}
      <div className={styles["bar"]}>
        <Refusal refusal={refusal} />
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          look="primary"
          blocked={blocked ?? (saving ? "it is being saved" : patch === null ? "nothing is changed yet" : null)}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

function Refusal({ refusal }: { refusal: Explanation | null }) {
  if (refusal === null) return <span className={styles["refusal"]} />;
  return (
    <div className={styles["refusal"]} role="alert">
      <b>{refusal.title}.</b> {refusal.issues.length === 0 ? refusal.detail : "See the fields above."}
      {otherIssues(refusal.issues).map((issue) => (
        <div key={issue.path}>
          {issue.path} {issue.message}
        </div>
      ))}
    </div>
  );
}

function OneField({
  field,
  text,
  onText,
  issues,
}: {
  field: FieldSpec;
  text: string;
  onText: (text: string) => void;
  issues: readonly FieldIssue[];
}) {
  const wide = field.kind === "long" || field.kind === "lines" || field.kind === "pairs";
  return (
    <Field
      label={field.label}
      help={field.help}
      error={issueFor(issues, field.path)}
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
        options={text === "" ? [{ value: "", label: "as the settings say" }, ...options] : options}
        onChange={onText}
      />
    );
  }
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

/** After the errors are drawn. */
function focusFirstError(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("form [aria-invalid]")?.focus());
}
