// Something to copy that is shown once.
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/Button.tsx";
import { copyText } from "../../ui/copy.ts";
import { Field, TextInput } from "../../ui/Field.tsx";
import styles from "./Tokens.module.css";

export function Secret({ label, value, help }: { label: string; value: string; help?: ReactNode }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  return (
    <Field
      label={label}
      help={help}
      {...(copied === false && { warning: "Cannot copy from here: select it and copy by hand" })}
    >
      {(control) => (
        <div className={styles["secret"]}>
          <TextInput {...control} mono readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
          <Button onClick={() => void copyText(value).then(setCopied)}>{copied === true ? "Copied" : "Copy"}</Button>
        </div>
      )}
    </Field>
  );
}
