// What is chosen of each preset: how often, at which minute or time, on which days.
import { Field, Select, TextInput } from "../../../ui/Field.tsx";
import styles from "./CronBuilder.module.css";
import type { Preset } from "./expression.ts";

/** Those that divide the hour: others would leave an odd gap at its end. */
const EVERY = [1, 2, 3, 5, 10, 15, 20, 30];
const MINUTES = Array.from({ length: 12 }, (_, index) => index * 5);
const DAYS = Array.from({ length: 31 }, (_, index) => index + 1);

/** The controls of one preset. */
export function PresetControls({ preset, onChange }: { preset: Preset; onChange: (preset: Preset) => void }) {
  switch (preset.kind) {
    case "minutes":
      return (
        <NumberChoice
          label="Every"
          value={preset.every}
          choices={EVERY}
          words={(every) => (every === 1 ? "minute" : `${every} minutes`)}
          onChange={(every) => onChange({ ...preset, every })}
        />
      );
    case "hourly":
      return (
        <NumberChoice
          label="At minute"
          value={preset.minute}
          choices={MINUTES}
          words={(minute) => String(minute).padStart(2, "0")}
          onChange={(minute) => onChange({ ...preset, minute })}
        />
      );
    case "daily":
      return <TimeOfDay preset={preset} onChange={onChange} />;
    case "weekly":
      return (
        <>
          <Weekdays days={preset.days} onChange={(days) => onChange({ ...preset, days })} />
          <TimeOfDay preset={preset} onChange={onChange} />
        </>
      );
    case "monthly":
    default:
      return (
        <>
          <NumberChoice
            label="On day"
            value={preset.day}
            choices={DAYS}
            words={(day) => `${day}.`}
            help={preset.day > 28 ? "Not in months that are shorter" : undefined}
            onChange={(day) => onChange({ ...preset, day })}
          />
          <TimeOfDay preset={preset} onChange={onChange} />
        </>
      );
  }
}

function NumberChoice({
  label,
  value,
  choices,
  words,
  help,
  onChange,
}: {
  label: string;
  value: number;
  choices: readonly number[];
  words: (choice: number) => string;
  help?: string | undefined;
  onChange: (value: number) => void;
}) {
  // What somebody typed below is a choice too.
  const all = choices.includes(value) ? choices : [...choices, value].toSorted((a, b) => a - b);
  return (
    <Field label={label} help={help}>
      {(control) => (
        <Select
          {...control}
          value={String(value)}
          options={all.map((choice) => ({ value: String(choice), label: words(choice) }))}
          onChange={(text) => onChange(Number(text))}
        />
      )}
    </Field>
  );
}

type AtTime = Extract<Preset, { hour: number }>;

function TimeOfDay({ preset, onChange }: { preset: AtTime; onChange: (preset: Preset) => void }) {
  const two = (value: number): string => String(value).padStart(2, "0");
  return (
    <Field label="At">
      {(control) => (
        <TextInput
          {...control}
          type="time"
          value={`${two(preset.hour)}:${two(preset.minute)}`}
          onChange={({ target }) => {
            // Empty while one half of it is being typed.
            const [hour, minute] = target.value.split(":").map(Number);
            if (hour !== undefined && minute !== undefined) onChange({ ...preset, hour, minute });
          }}
        />
      )}
    </Field>
  );
}

const WEEK = [
  { day: 1, short: "Mo", name: "Monday" },
  { day: 2, short: "Tu", name: "Tuesday" },
  { day: 3, short: "We", name: "Wednesday" },
  { day: 4, short: "Th", name: "Thursday" },
  { day: 5, short: "Fr", name: "Friday" },
  { day: 6, short: "Sa", name: "Saturday" },
  { day: 0, short: "Su", name: "Sunday" },
];

function Weekdays({ days, onChange }: { days: readonly number[]; onChange: (days: number[]) => void }) {
  return (
    <fieldset className={styles["week"]}>
      <legend>On</legend>
      {WEEK.map(({ day, short, name }) => {
        const on = days.includes(day);
        const last = on && days.length === 1;
        return (
          <button
            key={day}
            type="button"
            aria-label={name}
            aria-pressed={on}
            aria-disabled={last || undefined}
            title={last ? `${name}: one day at least` : name}
            className={styles["day"]}
            onClick={() => !last && onChange(on ? days.filter((other) => other !== day) : [...days, day])}
          >
            {short}
          </button>
        );
      })}
    </fieldset>
  );
}
