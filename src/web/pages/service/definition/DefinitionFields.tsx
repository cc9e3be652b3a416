// A definition as a form: the fields of `fields.ts` in their groups, and its lists (checks, dependencies, sockets), each with what is
// wrong with it.
import type { SpecProblem } from "../../../../contract/agent.ts";
import { DependsOnEditor } from "../../../service-form/DependsOnEditor.tsx";
import { dependsOnOf, socketsOf } from "../../../service-form/edited-parts.ts";
import { SocketsEditor } from "../../../service-form/SocketsEditor.tsx";
import { ChecksEditor } from "./checks/ChecksEditor.tsx";
import styles from "./Definition.module.css";
import { FIELD_GROUPS, type Draft } from "./fields.ts";
import { OneField } from "./OneField.tsx";
import { checksOf, type Definition } from "./use-definition-draft.ts";

export function DefinitionFields({
  draft,
  onText,
  definition,
  onList,
  problems,
}: {
  draft: Draft;
  onText: (path: string, text: string) => void;
  definition: Definition | null;
  onList: (key: "checks" | "depends_on" | "sockets", value: unknown) => void;
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
      <fieldset className={styles["group"]}>
        <legend>What it waits for</legend>
        <DependsOnEditor
          self={String(definition?.["name"])}
          value={dependsOnOf(definition)}
          onValue={(value) => onList("depends_on", value)}
          problems={problems}
        />
      </fieldset>
      <fieldset className={styles["group"]}>
        <legend>Sockets held for it</legend>
        <SocketsEditor
          value={socketsOf(definition)}
          onValue={(value) => onList("sockets", value)}
          problems={problems}
        />
      </fieldset>
      <ChecksEditor checks={checksOf(definition)} onChecks={(value) => onList("checks", value)} problems={problems} />
    </>
  );
}
