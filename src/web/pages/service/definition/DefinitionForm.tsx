// Changes a definition, field by field or as JSON; checked while it is typed, saved only if nobody else changed it meanwhile.
import { useMemo, useState, type FormEvent } from "react";
import type { SpecProblem } from "../../../../contract/agent.ts";
import type { ServiceInput, ServiceSpec } from "../../../../contract/service.ts";
import { ApiError, call } from "../../../api/client.ts";
import { useBlocked } from "../../../api/hooks.ts";
import { explain, type Explanation } from "../../../api/problems.ts";
import { useSpecCheck, type SpecCheck } from "../../../api/use-spec-check.ts";
import { useApp } from "../../../app-context.ts";
import { Button } from "../../../ui/Button.tsx";
import { plural } from "../../../ui/format.ts";
import styles from "./Definition.module.css";
import { DefinitionFields } from "./DefinitionFields.tsx";
import { otherIssues } from "./fields.ts";
import { JsonEditor } from "./JsonEditor.tsx";
import { useDefinitionDraft } from "./use-definition-draft.ts";

interface DefinitionFormProps {
  spec: ServiceSpec;
  revision: number;
  onClose: () => void;
}

export function DefinitionForm({ spec, revision, onClose }: DefinitionFormProps) {
  const { toasts, queries } = useApp();
  // What the form began from: later revisions are somebody else's, and must be refused rather than overwritten.
  const [startRevision] = useState(revision);
  const [refusal, setRefusal] = useState<Explanation | null>(null);
  const [saving, setSaving] = useState(false);
  const blocked = useBlocked("write");
  const edited = useDefinitionDraft(spec, () => setRefusal(null));
  const { definition } = edited;
  const check = useSpecCheck(definition, edited.problems, blocked === null && edited.changed);
  const problems = useMemo(() => {
    const refused: SpecProblem[] = (refusal?.issues ?? []).map((issue) => ({ ...issue, severity: "error" }));
    return edited.changed ? withoutDoubles([...check.problems, ...refused]) : [];
  }, [check.problems, refusal, edited.changed]);
  const standsInTheWay = saving
    ? "it is being saved"
    : definition === null
      ? "the JSON cannot be read"
      : edited.changed
        ? null
        : "nothing is changed yet";

  const save = async (): Promise<void> => {
    if (definition === null || blocked !== null || standsInTheWay !== null) return;
    setSaving(true);
    setRefusal(null);
    try {
      const saved = await call("PUT /api/services/{name}", {
        params: { name: spec.name },
        body: definition as unknown as ServiceInput,
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
      <div role="group" aria-label="Edit as" className={styles["modes"]}>
        <Button size="s" aria-pressed={edited.json === null} blocked={edited.stuck} onClick={edited.toFields}>
          Fields
        </Button>
        <Button size="s" aria-pressed={edited.json !== null} onClick={edited.toJson}>
          JSON
        </Button>
      </div>
      {edited.json === null ? (
        <DefinitionFields
          draft={edited.draft}
          onText={edited.setField}
          definition={edited.definition}
          onList={edited.setList}
          problems={problems}
        />
      ) : (
        <JsonEditor text={edited.json.text} read={edited.json.read} onText={edited.setText} problems={problems} />
      )}
      <div className={styles["bar"]}>
        <Verdict
          refusal={refusal}
          check={check}
          changed={edited.changed && definition !== null}
          inFields={edited.json === null}
        />
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" blocked={blocked ?? standsInTheWay}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** What the hub said to saving, else what it thinks of the definition so far. */
function Verdict({
  refusal,
  check,
  changed,
  inFields,
}: {
  refusal: Explanation | null;
  check: SpecCheck;
  changed: boolean;
  inFields: boolean;
}) {
  if (refusal !== null) {
    return (
      <div className={styles["refusal"]} role="alert">
        <b>{refusal.title}.</b> {refusal.issues.length === 0 ? refusal.detail : "See above."}
        {inFields ? <Elsewhere problems={refusal.issues} /> : null}
      </div>
    );
  }
  if (!changed) return <span className={styles["verdict"]} />;
  const warnings = check.problems.length - check.errors;
  return (
    <div className={styles["verdict"]} role="status">
      {check.errors > 0 ? (
        <span className={styles["wrong"]}>
          {plural(check.errors, "thing")} {check.errors === 1 ? "is" : "are"} wrong.
        </span>
      ) : check.pending ? (
        "Checking…"
      ) : warnings > 0 ? (
        plural(warnings, "warning")
      ) : (
        "Nothing is wrong with it."
      )}
      {inFields ? <Elsewhere problems={check.problems} /> : null}
    </div>
  );
}

/** Problems that no field shows. */
function Elsewhere({ problems }: { problems: readonly { path: string; message: string }[] }) {
  return otherIssues(problems).map(({ path, message }) => (
    <div key={`${path} ${message}`}>
      {path} {message}
    </div>
  ));
}

/** The check and the refusal of a save often say the same. */
function withoutDoubles(problems: readonly SpecProblem[]): SpecProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = `${path} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** After the errors are drawn. */
function focusFirstError(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>("form [aria-invalid]")?.focus());
}
