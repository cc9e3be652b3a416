// Makes a service's text harmless for terminals and browsers: no control characters but tab and SGR (colours).
const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const CSI = String.fromCharCode(0x9b);
const ST = String.fromCharCode(0x9c);

const CONTROL = /[\p{Cc}--\t]/v;
const CONTROLS = /[\p{Cc}--\t]/gv;

// Each alternative stops at the next escape character, so the time is linear in the length of the line.
const SEQUENCE = new RegExp(
  [
    `(?:${ESC}\\[|${CSI})[0-?]*[ -\\/]*[@-~]`,
    // A string sequence (title, hyperlink, device control) goes with its text, but only when it ends: else it would hide a line.
    `${ESC}[\\]PX^_][^${BEL}${ESC}${ST}]*(?:${BEL}|${ST}|${ESC}\\\\)`,
    `${ESC}[ -\\/]*[0-~]`,
  ].join("|"),
  "g",
);
const SGR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);

/** Strips every control character and terminal sequence of `text` but tab and SGR. */
export function sanitize(text: string): string {
  if (!CONTROL.test(text)) return text;
  if (!text.includes(ESC) && !text.includes(CSI)) return text.replace(CONTROLS, "");
  let result = "";
  let end = 0;
  for (const match of text.matchAll(SEQUENCE)) {
    result += text.slice(end, match.index).replace(CONTROLS, "");
    if (SGR.test(match[0])) result += match[0];
    end = match.index + match[0].length;
  }
  return result + text.slice(end).replace(CONTROLS, "");
}
