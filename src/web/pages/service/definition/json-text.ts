// Reads the text of a definition: where its JSON breaks, by line, and on which line each path stands.

/** line and column count from 1. */
export type JsonText =
  | { outcome: "read"; value: unknown; lineOf: (path: string) => number | undefined }
  | { outcome: "broken"; line: number; column: number; message: string };

/** Browsers word and place the faults of `JSON.parse` differently, if at all, so this reads the text itself. */
export function readJson(text: string): JsonText {
  const reader = new Reader(text);
  try {
    const value = reader.document();
    return { outcome: "read", value, lineOf: (path) => nearest(reader.lines, path) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { outcome: "broken", ...placeOf(text, error.offset), message: error.message };
  }
}

class Fault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const SPACE = /[ \t\r\n]*/y;
// oxlint-disable-next-line no-control-regex -- JSON's texts hold none
const STRING = /"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;

class Reader {
  readonly lines = new Map<string, number>();
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  document(): unknown {
    const value = this.value("");
    if (this.peek() !== "") throw new Fault(this.at, `nothing may follow the definition, found ${this.found()}`);
    return value;
  }

  private value(path: string): unknown {
    const next = this.peek();
    if (path !== "") this.lines.set(path, placeOf(this.text, this.at).line);
    if (next === "{") return this.object(path);
    if (next === "[") return this.array(path);
    const token = this.take(STRING) ?? this.take(WORD);
    if (token === undefined) throw new Fault(this.at, this.unreadable());
    return JSON.parse(token);
  }

  private object(path: string): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    this.at++;
    if (this.peek() === "}") {
      this.at++;
      return {};
    }
    do {
      if (this.peek() !== '"') throw new Fault(this.at, `expected a name in double quotes, found ${this.found()}`);
      const start = this.at;
      const token = this.take(STRING);
      if (token === undefined) throw new Fault(start, this.unreadable());
      const key = JSON.parse(token) as string;
      if (entries.has(key)) throw new Fault(start, `"${key}" is given twice`);
      if (this.peek() !== ":") throw new Fault(this.at, `expected ":" after "${key}", found ${this.found()}`);
      this.at++;
      entries.set(key, this.value(path === "" ? key : `${path}.${key}`));
    } while (this.goesOn("}"));
    return Object.fromEntries(entries);
  }

  private array(path: string): unknown[] {
    const items: unknown[] = [];
    this.at++;
    if (this.peek() === "]") {
      this.at++;
      return items;
    }
    do items.push(this.value(`${path === "" ? "" : `${path}.`}${items.length}`));
    while (this.goesOn("]"));
    return items;
  }

  /** Past a comma, or past the end of what is listed. */
  private goesOn(end: string): boolean {
    const next = this.peek();
    if (next !== "," && next !== end) throw new Fault(this.at, `expected "," or "${end}", found ${this.found()}`);
    this.at++;
    if (next === "," && this.peek() === end) throw new Fault(this.at, `nothing follows the last comma before "${end}"`);
    return next === ",";
  }

  private peek(): string {
    this.take(SPACE);
    return this.text.charAt(this.at);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.at += match.length;
    return match;
  }

  private unreadable(): string {
    if (this.text.charAt(this.at) === '"') return "this text has no end, or holds a character that needs a backslash";
    return `expected a value, found ${this.found()}`;
  }

  private found(): string {
    const rest = /^[\w.+-]+|^[^]/u.exec(this.text.slice(this.at, this.at + 20))?.[0];
    return rest === undefined ? "the end" : `"${rest}"`;
  }
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - start + 1 };
}

/** The line of a path, or of the nearest thing around it that stands in the text. */
function nearest(lines: ReadonlyMap<string, number>, path: string): number | undefined {
  for (let around = path; around !== ""; around = around.slice(0, Math.max(0, around.lastIndexOf(".")))) {
    const line = lines.get(around);
    if (line !== undefined) return line;
  }
  return undefined;
}
