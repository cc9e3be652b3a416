// Text as a terminal shows it: how wide it is, cut to fit, and with nothing in it that could steer the terminal.

// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/g;
// oxlint-disable-next-line no-control-regex
const SGR = /\u001B\[[0-9;:]*m/g;
const ASCII = /^[\u0020-\u007E]*$/;
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1F64F}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]/u;
const ZERO = /\p{M}|[\u200B-\u200F]/u;

/** Text from elsewhere (command lines, reasons) on one line, without control characters. */
export function plain(text: string): string {
  return text.replaceAll(CONTROL, " ");
}

/** Without colours. */
export function withoutColours(text: string): string {
  return text.replaceAll(SGR, "");
}

function widthOfCharacter(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that text without control characters takes. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** Cuts text to a width; what is cut is shown by "…" (or "~"). */
export function cutTo(text: string, width: number, unicode: boolean): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    const next = widthOfCharacter(character);
    if (used + next > width - 1) break;
    kept += character;
    used += next;
  }
  return kept + (unicode ? "…" : "~");
}
