// A YAML (or JSON) text as values and as places: what stands where, for errors with line and column.
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { interpolate } from "./interpolate.ts";

/** A place in a file, counted from 1, and what is wrong there. */
export interface FileProblem {
  line: number;
  column: number;
  /** Dotted; empty for the file as a whole. */
  path: string;
  message: string;
}

type Path = (string | number)[];

// A file of a few hundred services is far below; past it somebody has given the wrong file, or a bomb.
const MOST_BYTES = 4 * 1024 * 1024;

/** Keys whose values are texts whatever they look like: `VERSION: 1.10` must not become 1.1. */
const TEXT_MAPS = new Set(["environment", "labels"]);

/** One parsed file. */
export class YamlSource {
  readonly problems: FileProblem[] = [];
  private readonly document: Document.Parsed;
  private readonly parsed: boolean;
  private readonly lines = new LineCounter();

  /** Parses; what is wrong goes to `problems`. `variables` fill in `${…}`; null leaves every "$" as it is. */
  constructor(text: string, variables: Readonly<Record<string, string | undefined>> | null) {
    const tooLarge = text.length > MOST_BYTES;
    this.document = parseDocument(tooLarge ? "" : text, {
      version: "1.2",
      merge: true,
      prettyErrors: false,
      lineCounter: this.lines,
    });
    if (tooLarge) this.add("the file is larger than 4 MiB", 0, []);
    for (const error of [...this.document.errors, ...this.document.warnings]) {
      const line = text.slice(text.lastIndexOf("\n", error.pos[0] - 1) + 1).split("\n", 1)[0] ?? "";
      const hint = /[[{].*\$\{/.test(line) ? ' (inside [ ] and { }, "${…}" needs quotes)' : "";
      this.add(error.message + hint, error.pos[0], []);
    }
    this.parsed = this.problems.length === 0;
    if (!this.parsed) return;
    this.keepTexts();
    if (variables !== null) this.fillIn(variables);
  }

  /** The values; undefined when the text is not YAML. Variables that are missing do not hinder it: all that is wrong is told at once. */
  value(): unknown {
    if (!this.parsed) return undefined;
    try {
      // Aliases count towards a limit, so that a few lines cannot become gigabytes.
      return this.document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      this.add((error as Error).message, 0, []);
      return undefined;
    }
  }

  /** Notes a problem at the value of a path, or at the key where `key` says so; at the nearest parent when it is not there. */
  addAt(path: Path, message: string, key = false): void {
    this.add(message, this.offsetOf(path, key), path);
  }

  /** Whether something is already known to be wrong at this very path. */
  hasProblemAt(path: Path): boolean {
    const dotted = path.join(".");
    return this.problems.some((problem) => problem.path === dotted);
  }

  private add(message: string, offset: number, path: Path): void {
    const { line, col } = this.lines.linePos(offset);
    this.problems.push({ line: Math.max(1, line), column: Math.max(1, col), path: path.join("."), message });
  }

  private offsetOf(path: Path, key: boolean): number {
    for (let length = path.length; length > 0; length--) {
      const place = this.placeOf(path.slice(0, length), key && length === path.length);
      if (place !== undefined) return place;
    }
    return this.document.contents?.range?.[0] ?? 0;
  }

  private placeOf(path: Path, key: boolean): number | undefined {
    const parent = path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    const holder = isAlias(parent) ? parent.resolve(this.document) : parent;
    if (isMap(holder)) {
      const pair = holder.items.find((item) => keyOf(item.key) === String(last));
      if (pair === undefined) return undefined;
      const node = key || !isNode(pair.value) || pair.value.range === undefined ? pair.key : pair.value;
      return isNode(node) ? node.range?.[0] : undefined;
    }
    const node: unknown = this.document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }

  private keepTexts(): void {
    visit(this.document, {
      Pair: (_, pair) => {
        if (!TEXT_MAPS.has(keyOf(pair.key) ?? "")) return;
        const value = isAlias(pair.value) ? pair.value.resolve(this.document) : pair.value;
        if (isMap(value)) this.textsOf(value);
      },
    });
  }

  private textsOf(map: YAMLMap): void {
    for (const { key, value } of map.items) {
      if (isScalar(key) && key.source === "<<") {
        for (const each of isSeq(value) ? value.items : [value]) {
          const merged = isAlias(each) ? each.resolve(this.document) : each;
          if (isMap(merged)) this.textsOf(merged);
        }
      } else if (
        isScalar(value) &&
        typeof value.value !== "string" &&
        value.value !== null &&
        value.source !== undefined
      ) {
        value.value = value.source;
      }
    }
  }

  private fillIn(variables: Readonly<Record<string, string | undefined>>): void {
    visit(this.document, {
      Scalar: (key, node, ancestors) => {
        if (key === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
        const filled = interpolate(node.value, variables);
        if (filled.ok) node.value = retype(node, filled.text, ancestors);
        else this.add(filled.message, node.range?.[0] ?? 0, pathOf(ancestors, node));
      },
    });
  }
}

/** `port: ${PORT}` is a number, as if it had been written there; quoted values and texts stay texts. */
function retype(node: Scalar, text: string, ancestors: readonly unknown[]): unknown {
  const plainScalar = node.type === "PLAIN" && text !== node.value;
  if (!plainScalar || ancestors.some((each) => isPair(each) && TEXT_MAPS.has(keyOf(each.key) ?? ""))) return text;
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text;
}

function pathOf(ancestors: readonly unknown[], node: Node): Path {
  const path: Path = [];
  const chain = [...ancestors, node];
  chain.forEach((each, at) => {
    if (isPair(each)) path.push(keyOf(each.key) ?? "");
    else if (typeof each === "object" && each !== null && "items" in each && !isMap(each)) {
      path.push((each as { items: unknown[] }).items.indexOf(chain[at + 1]));
    }
  });
  return path;
}

function keyOf(key: unknown): string | undefined {
  if (isScalar(key)) return String(key.value);
  return typeof key === "string" ? key : undefined;
}
