// The text of a definition: what cannot be read is told by line, what is wrong with a field by its path and line.
import { useId, useRef } from "react";
import type { SpecProblem } from "../../../../contract/agent.ts";
import { cx } from "../../../ui/cx.ts";
import { TextArea } from "../../../ui/Field.tsx";
import styles from "./JsonEditor.module.css";
import type { JsonText } from "./json-text.ts";

interface Mark {
  line: number;
  where: string;
  message: string;
  severity: SpecProblem["severity"];
}

export function JsonEditor({
  text,
  read,
  onText,
  problems,
}: {
  text: string;
  read: JsonText;
  onText: (text: string) => void;
  problems: readonly SpecProblem[];
}) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const marks = marksOf(read, problems);
  const rows = text.split("\n").length;
  const wrong = new Set(marks.filter(({ severity }) => severity === "error").map(({ line }) => line));
  return (
    <div className={styles["editor"]}>
      <div className={styles["frame"]}>
        <pre className={styles["gutter"]} aria-hidden="true">
          {Array.from({ length: rows }, (_, index) => (
            <span key={index} className={cx(wrong.has(index + 1) && styles["bad"])}>
              {index + 1}
            </span>
          ))}
        </pre>
        <TextArea
          ref={area}
          mono
          wrap="off"
          rows={rows + 1}
          value={text}
          aria-label="Definition as JSON"
          aria-invalid={wrong.size > 0 ? true : undefined}
          aria-describedby={marks.length > 0 ? id : undefined}
          className={styles["text"]}
          onChange={(event) => onText(event.target.value)}
        />
      </div>
      {marks.length === 0 ? null : (
        <ul id={id} className={styles["marks"]} aria-label="What is wrong">
          {marks.map((mark) => (
            <li key={`${mark.where} ${mark.message}`}>
              <button
                type="button"
                className={cx(styles["mark"], styles[mark.severity])}
                onClick={() => selectLine(area.current, text, mark.line)}
              >
                <b>{mark.where}</b> {mark.message}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function marksOf(read: JsonText, problems: readonly SpecProblem[]): Mark[] {
  if (read.outcome === "broken") {
    const { line, column, message } = read;
    return [{ line, where: `Line ${line}, column ${column}:`, message, severity: "error" }];
  }
  return problems.map(({ path, message, severity }) => {
    const line = read.lineOf(path);
    const where = [line !== undefined && `Line ${line}`, path].filter(Boolean).join(", ");
    return { line: line ?? 1, where: where === "" ? "" : `${where}:`, message, severity };
  });
}

function selectLine(area: HTMLTextAreaElement | null, text: string, line: number): void {
  if (area === null) return;
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
}
