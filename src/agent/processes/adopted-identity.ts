// What to call an adopted process, what kind it is, and by which words it is found again.
import { basename } from "node:path";
import type { Kind } from "../../contract/service.ts";
import { holdsKeywords } from "./external-match.ts";

/** Names that say nothing by themselves: the directory says what it is. */
const GENERIC = new Set(
  "app main server index start run serve manage wsgi asgi bin dist cli bootstrap daemon service worker __main__ program".split(
    " ",
  ),
);
/** Directories that say nothing either. */
const GENERIC_DIRECTORIES = new Set(
  "src dist build bin lib app current release server root home tmp opt srv var www".split(" "),
);
const FRONTEND =
  /\b(?:vite|next(?:-server)?|nuxt|webpack|react-scripts|ng serve|gatsby|astro|parcel|http-server|live-server|nginx|caddy|httpd|apache2)\b/i;

/** A name as `nameSchema` wants it, not among `taken` (compared in any case): "shop-server", "redis-server 2". */
export function suggestName(program: string, directory: string | null, taken: readonly string[] = []): string {
  const file = basename(program).replace(/\.(?:js|mjs|cjs|ts|py|rb|pl|php|sh|jar|lua|exe|bin)$/i, "");
  const parents = (directory ?? "").split("/").filter((part) => part !== "");
  const parent = parents.reverse().find((part) => !GENERIC_DIRECTORIES.has(part.toLowerCase()));
  const name = GENERIC.has(file.toLowerCase()) && parent !== undefined ? `${parent}-${file}` : file;
  const clean = cleanName(name) || "service";
  const used = new Set(taken.map((other) => other.toLowerCase()));
  let unique = clean;
  for (let number = 2; used.has(unique.toLowerCase()); number += 1) unique = `${clean.slice(0, 58)} ${number}`;
  return unique;
}

function cleanName(text: string): string {
  return (
    text
      .normalize("NFC")
      .replaceAll(/[^\p{L}\p{M}\p{N} ._-]+/gu, "-")
      .replace(/^[^\p{L}\p{N}]+/u, "")
      .slice(0, 60)
      .replace(/[^\p{L}\p{M}\p{N}]+$/u, "")
      // A pair of surrogates may have been cut in two.
      .toWellFormed()
      .replaceAll("\uFFFD", "")
  );
}

/** A guess: what serves pages is a frontend, what else listens is a backend. */
export function guessKind(commandLine: string, ports: readonly number[]): Kind {
  if (FRONTEND.test(commandLine)) return "frontend";
  return ports.length > 0 ? "backend" : "other";
}

/**
 * Words of the command line that no other process has: as few as do, the program first. Empty when nothing tells it apart.
 * `others`: command lines of all processes that are not part of it.
 */
export function chooseKeywords(argv: readonly string[], program: string, others: readonly string[]): string[] {
  const line = argv.join(" ");
  const usable = (word: string) =>
    word.length >= 3 && word.length <= 256 && word === word.trim() && line.includes(word);
  const first = [basename(program), program, basename(argv[0] ?? "")].filter(usable);
  const rest = argv.slice(1).filter((word) => usable(word) && !word.includes("\n"));
  const chosen: string[] = [];
  let hits = others;
  for (const word of [...first, ...rest.toSorted((a, b) => b.length - a.length)]) {
    const left = hits.filter((other) => holdsKeywords(other, [word]));
    // A word that excludes nobody is noise, except the first.
    if (chosen.length > 0 && left.length === hits.length) continue;
    chosen.push(word);
    hits = left;
    if (hits.length === 0) return chosen;
    if (chosen.length === 16) break;
  }
  return [];
}
