// A line for a shell with the button that copies it.
import { useState, type ReactNode } from "react";
import { Button } from "./Button.tsx";
import { copyText } from "./copy.ts";
import styles from "./CopyLine.module.css";
import { cx } from "./cx.ts";
import { Field, TextArea } from "./Field.tsx";

/** `look`: primary where copying it is what the page is for. */
export function CopyLine({
  label,
  line,
  help,
  look = "quiet",
}: {
  label: string;
  line: string;
  help?: ReactNode;
  look?: "primary" | "quiet";
}) {
  const [copied, setCopied] = useState<string | null>(null);
  const [refused, setRefused] = useState(false);
  return (
    <Field label={label} help={help} {...(refused && { warning: "Cannot copy from here: select it and copy by hand" })}>
      {(control) => (
        <div className={styles["line"]}>
          <TextArea
            {...control}
            mono
            readOnly
            value={line}
            className={cx(styles["text"], look === "primary" && styles["tall"])}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button
            look={look}
            onClick={() =>
              void copyText(line).then((done) => {
                setCopied(done ? line : null);
                setRefused(!done);
              })
            }
          >
            {copied === line ? "Copied" : "Copy"}
          </Button>
        </div>
      )}
    </Field>
  );
}
