// Form controls with their label, help and error tied together for every reader.
import { useId, type ComponentProps, type ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./Field.module.css";

/** What a control needs so that label, help and error belong to it. */
export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
}

interface FieldProps {
  label: string;
  /** What is meant, in a sentence. */
  help?: ReactNode;
  /** What is wrong with it. */
  error?: string | null | undefined;
  /** What may be wrong with it. */
  warning?: string | null | undefined;
  /** Beside the label, such as "optional". */
  note?: string;
  children: (control: ControlProps) => ReactNode;
  className?: string | undefined;
}

/** Label, control, help, error. */
export function Field({ label, help, error, warning, note, children, className }: FieldProps) {
  const id = useId();
  const described = [help !== undefined && `${id}-help`, (error ?? warning) && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={cx(styles["field"], className)}>
      <label htmlFor={id} className={styles["label"]}>
        {label}
        {note === undefined ? null : <span className={styles["note"]}>{note}</span>}
      </label>
      {children({
        id,
        "aria-describedby": described === "" ? undefined : described,
        "aria-invalid": error ? true : undefined,
      })}
      {error || warning ? (
        <p id={`${id}-error`} className={error ? styles["error"] : styles["warning"]}>
          {error ?? warning}
        </p>
      ) : null}
      {help === undefined ? null : (
        <p id={`${id}-help`} className={styles["help"]}>
          {help}
        </p>
      )}
    </div>
  );
}

export function TextInput({ className, mono = false, ...rest }: ComponentProps<"input"> & { mono?: boolean }) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={cx(styles["control"], mono && styles["mono"], className)}
    />
  );
}

export function TextArea({ className, mono = false, ...rest }: ComponentProps<"textarea"> & { mono?: boolean }) {
  return (
    <textarea
      autoComplete="off"
      spellCheck={false}
      rows={3}
      {...rest}
      className={cx(styles["control"], styles["area"], mono && styles["mono"], className)}
    />
  );
}

/** The browser's own list of choices: known to every keyboard, reader and thumb. `quiet` above a list, where it narrows what shows. */
export function Select<T extends string>({
  options,
  value,
  onChange,
  className,
  quiet = false,
  ...rest
}: Omit<ComponentProps<"select">, "onChange" | "value"> & {
  quiet?: boolean;
  options: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <select
      {...rest}
      value={value}
      onChange={(event) => onChange(event.target.value as T)}
      className={cx(styles["control"], styles["select"], quiet && styles["quiet"], className)}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** A box with its label to the right. */
export function Checkbox({ label, className, ...rest }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode }) {
  return (
    <label className={cx(styles["check"], className)}>
      <input type="checkbox" {...rest} />
      <span>{label}</span>
    </label>
  );
}

/** A box without visible label, for rows; `label` is its name. */
export function BareCheckbox({
  label,
  mixed = false,
  ...rest
}: Omit<ComponentProps<"input">, "type" | "ref"> & { label: string; mixed?: boolean }) {
  return (
    <span className={styles["bare"]}>
      <input
        type="checkbox"
        aria-label={label}
        {...rest}
        ref={(node) => {
          if (node !== null) node.indeterminate = mixed;
        }}
      />
    </span>
  );
}

/** On or off, at once. */
export function Switch({
  label,
  checked,
  onChange,
  blocked,
}: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  blocked?: string | null;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      {...(blocked && { "aria-disabled": true, title: blocked })}
      className={styles["switch"]}
      onClick={() => !blocked && onChange(!checked)}
    >
      <i />
    </button>
  );
}
