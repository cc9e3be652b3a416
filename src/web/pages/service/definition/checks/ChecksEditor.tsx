// The checks of a definition as a list that can be added to, changed and thinned out; what is wrong with each stands at its fields.
import Plus from "lucide-react/icons/plus";
import Trash from "lucide-react/icons/trash-2";
import { useState } from "react";
import type { SpecProblem } from "../../../../../contract/agent.ts";
import { Button } from "../../../../ui/Button.tsx";
import { Field, Select } from "../../../../ui/Field.tsx";
import styles from "../Definition.module.css";
import { OneField } from "../OneField.tsx";
import { definitionOf, draftOf, type Draft, type FieldSpec } from "../fields.ts";
import { asKind, type EditedCheck, fieldsOf, KINDS, kindOf, NAME, newCheck, roleOf } from "./check-fields.ts";
import own from "./ChecksEditor.module.css";

interface ChecksEditorProps {
  checks: readonly EditedCheck[];
  onChecks: (checks: EditedCheck[]) => void;
  problems: readonly SpecProblem[];
}

export function ChecksEditor({ checks, onChecks, problems }: ChecksEditorProps) {
  // Places change when one is removed; what is typed in the others must stay theirs.
  const [ids, setIds] = useState(() => checks.map(() => crypto.randomUUID()));
  const change = (at: number, check: EditedCheck): void => onChecks(checks.with(at, check));
  return (
    <fieldset className={styles["group"]}>
      <legend>How it is seen to be well</legend>
      {checks.length === 0 ? (
        <p className={own["none"]}>
          Nothing is checked: it counts as healthy while its process lives. A check asks it, and counts at once.
        </p>
      ) : null}
      {checks.map((check, at) => (
        <OneCheck
          key={ids[at]}
          check={check}
          at={at}
          problems={problems}
          onCheck={(changed) => change(at, changed)}
          onRemove={() => {
            setIds(ids.toSpliced(at, 1));
            onChecks(checks.toSpliced(at, 1));
          }}
        />
      ))}
      <Button
        size="s"
        className={own["add"]}
        onClick={() => {
          setIds([...ids, crypto.randomUUID()]);
          onChecks([...checks, newCheck(checks)]);
        }}
      >
        <Plus aria-hidden="true" /> Add a check
      </Button>
    </fieldset>
  );
}

interface OneCheckProps {
  check: EditedCheck;
  at: number;
  problems: readonly SpecProblem[];
  onCheck: (check: EditedCheck) => void;
  onRemove: () => void;
}

function OneCheck({ check, at, problems, onCheck, onRemove }: OneCheckProps) {
  const kind = kindOf(check);
  const role = roleOf(check);
  const fields = [NAME, role, ...fieldsOf(check)];
  // What the fields began from, until the kind changes.
  const [began, setBegan] = useState(() => beginOf(check, fields));
  const show = (next: EditedCheck): void => {
    setBegan(beginOf(next, [NAME, roleOf(next), ...fieldsOf(next)]));
    onCheck(next);
  };
  const type = (path: string, text: string): void => {
    const draft = { ...began.draft, [path]: text };
    setBegan({ ...began, draft });
    onCheck(definitionOf(began.base, draft, began.start, fields));
  };
  const name = began.draft["name"] ?? "";
  const one = (field: FieldSpec) => (
    <OneField
      key={field.path}
      field={field}
      path={`checks.${at}.${field.path}`}
      text={began.draft[field.path] ?? ""}
      onText={(text) => type(field.path, text)}
      problems={problems}
    />
  );
  return (
    <div className={own["check"]} role="group" aria-label={`Check ${name}`}>
      <div className={own["fields"]}>
        {one(NAME)}
        <Field label="Kind">
          {(control) => (
            <Select {...control} value={kind} options={KINDS} onChange={(next) => show(asKind(check, next))} />
          )}
        </Field>
        {one(role)}
        {fieldsOf(check).map(one)}
      </div>
      <Button size="s" look="danger" onClick={onRemove}>
        <Trash aria-hidden="true" /> Remove {name}
      </Button>
    </div>
  );
}

function beginOf(base: EditedCheck, fields: readonly FieldSpec[]): { base: EditedCheck; start: Draft; draft: Draft } {
  const start = draftOf(base, fields);
  return { base, start, draft: start };
}
