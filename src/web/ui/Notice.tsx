// A sentence that stands out of the page: something wrong, something to know, something done.
import type { ReactNode } from "react";
import { explain } from "../api/problems.ts";
import { cx } from "./cx.ts";
import styles from "./Notice.module.css";

export function Notice({ tone = "info", children }: { tone?: "info" | "bad" | "warn" | "ok"; children: ReactNode }) {
  return (
    <div className={cx(styles["notice"], tone !== "info" && styles[tone])} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** What went wrong, in the words of the one translation. */
export function ErrorNotice({ error }: { error: unknown }) {
  const { title, detail, issues } = explain(error);
  return (
    <Notice tone="bad">
      <strong>{title}</strong>
      <span>{detail}</span>
      {issues.length === 0 ? null : (
        <ul>
          {issues.map((issue) => (
            <li key={`${issue.path} ${issue.message}`}>
              <code>{issue.path === "" ? "whole" : issue.path}</code> {issue.message}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}
