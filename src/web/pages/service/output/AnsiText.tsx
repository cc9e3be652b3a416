// Text with terminal colours. Parsed when drawn, so only for lines in view; never as HTML.
import Anser from "anser";
import { useMemo, type CSSProperties } from "react";
import { cx } from "../../../ui/cx.ts";
import styles from "./AnsiText.module.css";

interface Piece {
  text: string;
  className: string;
  style: CSSProperties | undefined;
}

/** `mark` is shown in all its places, any case. */
export function AnsiText({ text, mark = "" }: { text: string; mark?: string }) {
  const pieces = useMemo(() => parse(text), [text]);
  return pieces.map((piece, index) => (
    <span key={index} className={piece.className === "" ? undefined : piece.className} style={piece.style}>
      <Marked text={piece.text} mark={mark} />
    </span>
  ));
}

/** Text in which every place of `mark` is marked. */
function Marked({ text, mark }: { text: string; mark: string }) {
  if (mark === "") return text;
  const parts: React.ReactNode[] = [];
  const lower = text.toLowerCase();
  const needle = mark.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + mark.length)}</mark>);
    from = at + mark.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function parse(text: string): Piece[] {
  if (!text.includes("\u001B")) return [{ text, className: "", style: undefined }];
  return Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true }).map((chunk) => ({
    text: chunk.content,
    className: cx(
      classOf(chunk.fg),
      chunk.bg && styles["back"],
      ...chunk.decorations.map((decoration) => styles[decoration]),
    ),
    style: styleOf(chunk.fg, chunk.fg_truecolor),
  }));
}

const BASE = /^ansi-(?:bright-)?(black|red|green|yellow|blue|magenta|cyan|white)$/;

function classOf(color: string | null): string | undefined {
  const name = color === null ? undefined : BASE.exec(color)?.[1];
  return name === undefined ? undefined : styles[name];
}

/** Colours beyond the sixteen, drawn towards the text's own so that they can be read in both themes. */
function styleOf(color: string | null, truecolor: string | null): CSSProperties | undefined {
  const rgb = color === "ansi-truecolor" ? truecolor : paletteColor(color);
  return rgb === null ? undefined : { color: `color-mix(in oklab, rgb(${rgb}) 55%, var(--text))` };
}

/** "r, g, b" of one of the 256 colours. */
function paletteColor(color: string | null): string | null {
  const index = Number(/^ansi-palette-(\d+)$/.exec(color ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(index) || index < 16) return null;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `${grey}, ${grey}, ${grey}`;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level).join(", ");
}
