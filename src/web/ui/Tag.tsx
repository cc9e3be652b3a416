// Small framed words: ports, kinds, labels, keys.
import type { ReactNode } from "react";
import type { PortStatus } from "../../contract/status.ts";
import { cx } from "./cx.ts";
import styles from "./Tag.module.css";

export function Tag({
  children,
  tone,
  title,
  className,
}: {
  children: ReactNode;
  tone?: "ok" | "bad" | "warn" | "info";
  title?: string;
  className?: string | undefined;
}) {
  return (
    <span className={cx(styles["tag"], tone !== undefined && styles[tone], className)} title={title}>
      {children}
    </span>
  );
}

/** A port as it is shown; `untold` when nothing is known of it but that it is declared. */
export type ShownPort = PortStatus & { untold?: boolean };

/** A port: green with a dot when it answers, red when a stranger holds it, grey and hollow otherwise; a link where it can be opened. */
export function PortTag({ status, host }: { status: ShownPort; host: string }) {
  const { port, accessible, in_use, own, pid, command, untold } = status;
  const stranger = in_use && !own && pid !== null;
  const holder = command === null ? `pid ${pid}` : `${command} (pid ${pid})`;
  const words = stranger
    ? `held by ${holder}`
    : accessible
      ? "answers"
      : in_use
        ? "in use, does not answer"
        : untold === true
          ? "declared, its service does not run"
          : "nobody listens";
  const look = cx(styles["tag"], styles["port"], stranger ? styles["bad"] : accessible ? styles["ok"] : undefined);
  const inside = (
    <>
      <i className={styles["dot"]} data-on={accessible && !stranger} aria-hidden="true" />
      {port}
      <span className="visually-hidden"> {words}</span>
    </>
  );
  if (!accessible || stranger) {
    return (
      <span className={look} title={`Port ${port}: ${words}`}>
        {inside}
      </span>
    );
  }
  return (
    <a
      className={look}
      href={`http://${host}:${port}`}
      target="_blank"
      rel="noopener noreferrer"
      title={`Port ${port}: ${words}. Open it`}
    >
      {inside}
    </a>
  );
}

/** A key of the keyboard. */
export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className={styles["kbd"]}>{children}</kbd>;
}
