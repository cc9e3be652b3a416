// One line: when, from where, how grave, and what it says.
import { memo } from "react";
import type { LogLine } from "../../../../contract/status.ts";
import { cx } from "../../../ui/cx.ts";
import { formatClock, formatExact } from "../../../ui/format.ts";
import { AnsiText } from "./AnsiText.tsx";
import { levelOf } from "./output-buffer.ts";
import styles from "./OutputLine.module.css";

const LEVELS: Record<NonNullable<LogLine["level"]>, string> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warn: "warn",
  error: "error",
  fatal: "fatal",
};

export const OutputLine = memo(function OutputLine({
  line,
  mark,
  raw,
  here,
  onLink,
}: {
  line: LogLine;
  mark: string;
  raw: boolean;
  /** The address leads to this line. */
  here: boolean;
  onLink: (line: LogLine) => void;
}) {
  const level = levelOf(line);
  const structured = !raw && line.message !== undefined;
  return (
    <div
      className={cx(styles["line"], styles[line.stream], here && styles["here"])}
      aria-current={here ? "true" : undefined}
    >
      {/* Not a stop for the keyboard on every line: the toolbar's button does the same for the line marked or in view. */}
      <button
        type="button"
        tabIndex={-1}
        className={styles["time"]}
        title={`${formatExact(line.ts)}: show here and copy a link to it`}
        onClick={() => onLink(line)}
      >
        <time dateTime={new Date(line.ts).toISOString()}>{formatClock(line.ts)}</time>
      </button>
      <span className={styles["stream"]} title={line.stream}>
        {line.stream === "stderr" ? "err" : line.stream === "tailherd" ? "th" : ""}
      </span>
      {level === undefined ? null : <span className={cx(styles["level"], styles[level])}>{LEVELS[level]}</span>}
      <span className={styles["text"]}>
        <AnsiText text={structured ? (line.message ?? "") : line.text} mark={mark} />
        {structured && line.fields !== undefined
          ? Object.entries(line.fields).map(([key, value]) => (
              <span key={key} className={styles["field"]}>
                {key}=<b>{typeof value === "string" ? value : JSON.stringify(value)}</b>
              </span>
            ))
          : null}
        {line.cut ? (
          <span className={styles["cut"]} title="The line was longer than 16 KiB; it goes on in the next one">
            {" ⏎ cut"}
          </span>
        ) : null}
      </span>
    </div>
  );
});
