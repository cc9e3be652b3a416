// Tables of text: columns as wide as their widest cell, and cut to the terminal where there is one.
import type { Style } from "./style.ts";
import { cutTo, plain, widthOf } from "./text.ts";

/** One column. */
export interface Column<T> {
  title: string;
  value: (row: T) => string;
  /** Colours the finished cell. */
  paint?: (cell: string, row: T, style: Style) => string;
  right?: boolean;
  /** Cells may be cut when the terminal is too narrow; the last such column first. */
  cut?: boolean;
}

const GAP = "  ";
const NARROWEST = 8;

/** Lines of a table, each with its newline. `width` is the terminal's, or undefined where cells stay whole. */
export function renderTable<T>(columns: Column<T>[], rows: T[], style: Style, width?: number): string {
  const cells = rows.map((row) => columns.map((column) => plain(column.value(row)) || "-"));
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[at] ?? ""))),
  );
  if (width !== undefined) fit(columns, widths, width);
  const line = (texts: string[], paint: (text: string, at: number) => string): string =>
    texts
      .map((text, at) => {
        const room = widths[at] ?? 0;
        const shown = cutTo(text, room, style.unicode);
        const padding = " ".repeat(Math.max(0, room - widthOf(shown)));
        if (columns[at]?.right === true) return padding + paint(shown, at);
        return paint(shown, at) + (at === texts.length - 1 ? "" : padding);
      })
      .join(GAP)
      .trimEnd() + "\n";
  const head = line(
    columns.map((column) => column.title),
    (text) => style.bold(text),
  );
  const body = rows.map((row, number) =>
    line(cells[number] ?? [], (text, at) => columns[at]?.paint?.(text, row, style) ?? text),
  );
  return head + body.join("");
}

function fit<T>(columns: Column<T>[], widths: number[], room: number): void {
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1) - room;
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    if (columns[at]?.cut !== true) continue;
    const give = Math.min(excess, Math.max(0, (widths[at] ?? 0) - NARROWEST));
    widths[at] = (widths[at] ?? 0) - give;
    excess -= give;
  }
}
