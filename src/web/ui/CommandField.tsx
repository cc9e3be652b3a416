// A command as it is typed: a shell line, or a program and its arguments.
import { Field, TextArea } from "./Field.tsx";

interface CommandFieldProps {
  shell: boolean;
  value: string;
  /** What one of each kind looks like. */
  examples: { shell: string; argv: string };
  error: string | undefined;
  warning: string | undefined;
  onBlur: () => void;
  onChange: (value: string) => void;
}

/** Without `shell`, a program, then one argument a line. */
export function CommandField({ shell, value, examples, error, warning, onBlur, onChange }: CommandFieldProps) {
  return (
    <Field
      label="Command"
      error={error}
      warning={warning}
      help={
        shell
          ? "A shell line, run by /bin/sh: pipes and quotes work"
          : "The program, then one argument a line; no shell reads it"
      }
    >
      {(control) => (
        <TextArea
          {...control}
          mono
          rows={shell ? 2 : 4}
          value={value}
          placeholder={shell ? examples.shell : examples.argv}
          onBlur={onBlur}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
