// What stands where a list would: what it is for, and the one act.
import type { ReactNode } from "react";
import styles from "./Empty.module.css";

export function Empty({ title, children, buttons }: { title: string; children?: ReactNode; buttons?: ReactNode }) {
  return (
    <div className={styles["empty"]}>
      <p className={styles["title"]}>{title}</p>
      {children === undefined ? null : <div className={styles["words"]}>{children}</div>}
      {buttons === undefined ? null : <div className={styles["buttons"]}>{buttons}</div>}
    </div>
  );
}

/** Grey bars in the place of what is on its way; appears only when it takes long enough to notice. */
export function Loading({ lines = 3, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className={styles["loading"]} role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}
