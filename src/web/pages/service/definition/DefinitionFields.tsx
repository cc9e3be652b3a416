// A definition as a form: the fields of `fields.ts` in their groups, and its checks, each with what is wrong with it.
import type { SpecProblem } from "../../../../contract/agent.ts";
import { ChecksEditor } from "./checks/ChecksEditor.tsx";
import type { EditedCheck } from "./checks/check-fields.ts";
import styles from "./Definition.module.css";
import { FIELD_GROUPS, type Draft } from "./fields.ts";
import { OneField } from "./OneField.tsx";

export function DefinitionFields({
  draft,
  onText,
  checks,
  onChecks,
  problems,
}: {
  draft: Draft;
  onText: (path: string, text: string) => void;
  checks: readonly EditedCheck[];
  onChecks: (checks: EditedCheck[]) => void;
  problems: readonly SpecProblem[];
}) {
  return (
    <>
      {FIELD_GROUPS.map((group) => (
        <fieldset key={group.title} className={styles["group"]}>
          <legend>{group.title}</legend>
          {group.fields.map((field) => (
            <OneField
              key={field.path}
              field={field}
              text={draft[field.path] ?? ""}
              onText={(text) => onText(field.path, text)}
              problems={problems}
            />
          ))}
        </fieldset>
      ))}
      <ChecksEditor checks={checks} onChecks={onChecks} problems={problems} />
    </>
  );
}
