// A place to drop files on, which is also a button for choosing them.
import { useState } from "react";
import { cx } from "../../ui/cx.ts";
import styles from "./Import.module.css";

export function FileDrop({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const [over, setOver] = useState(false);
  return (
    <label
      className={cx(styles["drop"], over && styles["over"])}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <strong>Drop the files here, or choose them</strong>
      <span>Any of the three; which is which is seen from their content. Nothing is changed before you say so.</span>
      <input
        type="file"
        accept=".json,application/json"
        multiple
        className="visually-hidden"
        aria-label="Files to import"
        onChange={(event) => onFiles([...(event.target.files ?? [])])}
      />
    </label>
  );
}
