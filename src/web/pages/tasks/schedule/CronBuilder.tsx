// When a task runs, in three views of one expression: what most schedules are, field by field, and the text itself.
import { useState } from "react";
import { Field, Select, TextInput } from "../../../ui/Field.tsx";
import { More } from "../../../ui/FormLayout.tsx";
import { expressionOf, FIELDS, fieldsOf, presetOf, turnedInto, withField, type Preset } from "./expression.ts";
import { PresetControls } from "./PresetControls.tsx";
import styles from "./CronBuilder.module.css";

interface ViewProps {
  expression: string;
  onChange: (expression: string) => void;
}

/** `error` is what the hub says of the expression. */
export function CronBuilder({ expression, onChange, error }: ViewProps & { error: string | undefined }) {
  const preset = presetOf(expression);
  // Whoever comes with a rule that no preset says works field by field; later it opens and closes only by hand.
  const [open] = useState(preset === null);
  return (
    <div className={styles["builder"]}>
      <Presets preset={preset} onChange={(next) => onChange(expressionOf(next))} />
      <Field
        label="Expression"
        help="Minute, hour, day of the month, month, weekday, as cron reads them; or @hourly, @daily, @weekly, @monthly, @yearly"
        error={error}
      >
        {(control) => (
          <TextInput
            {...control}
            mono
            required
            value={expression}
            placeholder="30 2 * * 1-5"
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </Field>
      <More summary="Field by field" open={open}>
        <Fields expression={expression} onChange={onChange} />
      </More>
    </div>
  );
}

const KINDS: readonly { value: Preset["kind"] | "custom"; label: string }[] = [
  { value: "minutes", label: "every few minutes" },
  { value: "hourly", label: "every hour" },
  { value: "daily", label: "every day" },
  { value: "weekly", label: "on days of the week" },
  { value: "monthly", label: "every month" },
  { value: "custom", label: "by a rule of its own" },
];

function Presets({ preset, onChange }: { preset: Preset | null; onChange: (preset: Preset) => void }) {
  return (
    <div className={styles["presets"]}>
      <Field label="Runs">
        {(control) => (
          <Select
            {...control}
            value={preset?.kind ?? "custom"}
            options={preset === null ? KINDS : KINDS.filter(({ value }) => value !== "custom")}
            onChange={(kind) => kind !== "custom" && onChange(turnedInto(kind, preset))}
          />
        )}
      </Field>
      {preset === null ? null : <PresetControls preset={preset} onChange={onChange} />}
    </div>
  );
}

function Fields({ expression, onChange }: ViewProps) {
  const fields = fieldsOf(expression);
  return (
    <div className={styles["fields"]}>
      {FIELDS.map(({ key, label, help }, place) => (
        <Field key={key} label={label} help={help}>
          {(control) => (
            <FieldInput
              control={control}
              text={fields[place] ?? ""}
              onText={(text) => onChange(withField(expression, place, text))}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

/** Shows what is typed while it is typed: an emptied field is already "any" in the expression, but not yet under the cursor. */
function FieldInput({ control, text, onText }: { control: object; text: string; onText: (text: string) => void }) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <TextInput
      {...control}
      mono
      value={typed ?? text}
      onChange={({ target }) => {
        setTyped(target.value);
        onText(target.value);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
