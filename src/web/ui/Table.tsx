// A plain table for lists of tens to hundreds of rows; on phones its rows become cards with named lines.
import type { Key, ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./Table.module.css";

/** One column: its heading, and the cell of a row. */
export interface Column<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** number: right-aligned, monospaced. acts: buttons at the end; the heading is read, not seen. */
  look?: "number" | "acts";
  /** Where the table gets too narrow for all its columns, which ones it does without: those that go first, and those that go later. */
  yields?: "first" | "later";
}

interface TableProps<T> {
  /** What the table lists; its name for screen readers and for the region that scrolls. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => Key;
}

export function Table<T>({ label, columns, rows, rowKey }: TableProps<T>) {
  return (
    // Focusable, so that a keyboard can scroll it.
    <div className={styles["scroller"]} role="region" aria-label={label} tabIndex={0}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            {columns.map(({ head, look, yields }) => (
              <th
                key={head}
                scope="col"
                className={cx(look === "number" && styles["number"], yields && styles[yields])}
              >
                {look === "acts" ? <span className="visually-hidden">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ head, cell, look, yields }, index) => (
                <td
                  key={head}
                  data-label={index === 0 || look === "acts" ? undefined : head}
                  className={cx(
                    look === "number" && styles["number"],
                    look === "acts" && styles["acts"],
                    yields && styles[yields],
                  )}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
