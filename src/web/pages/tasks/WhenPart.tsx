// When a task runs: the cron builder, the zone, and what the hub says that it comes to.
import { useId, useState } from "react";
import { Field, TextInput } from "../../ui/Field.tsx";
import { Fields } from "../../ui/FormLayout.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";
import type { FormProps } from "./form-fields.tsx";
import { CronBuilder } from "./schedule/CronBuilder.tsx";
import { NextTimes } from "./schedule/NextTimes.tsx";
import { usePreview } from "./schedule/use-preview.ts";
import { knownZones } from "./schedule/zone-time.ts";
import styles from "./TaskForm.module.css";

export function WhenPart({ form }: { form: FormProps }) {
  const { draft, set, check } = form;
  const expression = useDebounced(draft.expression.trim());
  const zone = useDebounced(draft.timezone.trim());
  const preview = usePreview(expression, zone);
  const [hub, setHub] = useState<string>();
  const told = zone === "" && !preview.isPlaceholderData ? preview.data?.timezone : undefined;
  if (told !== undefined && told !== hub) setHub(told);
  return (
    <div className={styles["when"]}>
      <Fields>
        <CronBuilder
          expression={draft.expression}
          error={check.at("cron_expression", "error")}
          onChange={(expression) => set({ expression })}
        />
        <Zone form={form} hub={hub} />
      </Fields>
      <Outlook preview={preview} />
    </div>
  );
}

function Zone({ form: { draft, set, check }, hub }: { form: FormProps; hub: string | undefined }) {
  const list = useId();
  return (
    <Field
      label="Zone"
      note="optional"
      help={
        hub === undefined
          ? "Whose clocks are meant; empty: the hub's"
          : `Whose clocks are meant; empty: the hub's, ${hub}`
      }
      error={check.at("timezone", "error")}
    >
      {(control) => (
        <>
          <TextInput
            {...control}
            list={list}
            value={draft.timezone}
            placeholder="Europe/Berlin"
            onChange={(event) => set({ timezone: event.target.value })}
          />
          <datalist id={list}>
            {knownZones().map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

/** In words, the next times, and what to know of them. What is wrong with the schedule stands at its field. */
function Outlook({ preview }: { preview: ReturnType<typeof usePreview> }) {
  if (preview.isError || preview.data === undefined) return <div className={styles["outlook"]} />;
  const { description, next, notes, timezone } = preview.data;
  return (
    <div className={styles["outlook"]}>
      <p role="status" className={styles["sentence"]}>
        It runs {description}.
      </p>
      <NextTimes next={next} zone={timezone} />
      {notes.length === 0 ? null : (
        <Notice tone="warn">
          {notes.map((note) => (
            <span key={note}>{note}</span>
          ))}
        </Notice>
      )}
    </div>
  );
}
