// How a long form is laid out: controls below and beside each other, what is folded away until it is wanted, and the bar that saves.
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./FormLayout.module.css";

/** Controls below each other. */
export function Fields({ children }: { children: ReactNode }) {
  return <div className={styles["fields"]}>{children}</div>;
}

/** Controls beside each other, below each other where it is narrow. */
export function Columns({ count, children }: { count: 2 | 3; children: ReactNode }) {
  return <div className={styles[count === 2 ? "two" : "three"]}>{children}</div>;
}

interface MoreProps {
  summary: string;
  /** At first; then it is the reader's. */
  open?: boolean;
  /** With a line above it. */
  ruled?: boolean;
  children: ReactNode;
}

/** What is folded away. */
export function More({ summary, open = false, ruled = false, children }: MoreProps) {
  return (
    <details className={cx(styles["more"], ruled && styles["ruled"])} open={open}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}

/** What a form says of what was typed. */
export interface Verdict {
  words: string;
  tone: "quiet" | "ok" | "bad";
}

/** What was typed is being looked at. */
export const CHECKING: Verdict = { words: "Checking…", tone: "quiet" };

/** So many things are wrong; each says so where it is. */
export function wrongWords(errors: number): Verdict {
  return { words: `${errors} ${errors === 1 ? "thing is" : "things are"} wrong.`, tone: "bad" };
}

/** Stays in sight below the form: how it is with what was typed, and the button. */
export function SaveBar({ words, tone, children }: Verdict & { children: ReactNode }) {
  return (
    <div className={styles["bar"]}>
      <p role="status" className={styles["words"]} data-tone={tone}>
        {words}
      </p>
      {children}
    </div>
  );
}
