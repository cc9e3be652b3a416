// Surfaces and the headings above them.
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./Panel.module.css";

/** A raised surface with a hairline border. */
export function Panel({
  children,
  className,
  flush = false,
}: {
  children: ReactNode;
  className?: string | undefined;
  flush?: boolean;
}) {
  return <div className={cx(styles["panel"], flush && styles["flush"], className)}>{children}</div>;
}

/** A part of a page with its heading, a count or remark beside it, and tools at the far end. */
export function Section({
  title,
  note,
  tools,
  children,
  className,
}: {
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}) {
  return (
    <section aria-label={title} className={cx(styles["section"], className)}>
      <div className={styles["head"]}>
        <h2>{title}</h2>
        {note === undefined ? null : <span className={styles["note"]}>{note}</span>}
        {tools === undefined ? null : <div className={styles["tools"]}>{tools}</div>}
      </div>
      {children}
    </section>
  );
}

/** A list of terms and values. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={styles["facts"]}>{children}</dl>;
}

/** One line of `Facts`. */
export function Fact({ term, children, mono = false }: { term: string; children: ReactNode; mono?: boolean }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd className={mono ? styles["mono"] : undefined}>{children}</dd>
    </div>
  );
}
