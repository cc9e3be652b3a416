// How a failure is told: words, what is wrong where, what to do; or problem details when JSON was asked for. On stderr.
import type { GlobalOptions, Surroundings } from "../context.ts";
import { CliFailure } from "../failure.ts";
import { makeStyle, wantsColours, wantsUnicode } from "./style.ts";
import { plain } from "./text.ts";

/** Tells a failure on stderr. Unforeseen ones carry their stack, since that is a mistake of ours to be reported. */
export function printFailure(error: unknown, io: Surroundings, options: GlobalOptions): void {
  if (options.json === true || options.output === "json") {
    io.stderr.write(`${JSON.stringify(asProblem(error))}\n`);
    return;
  }
  const choice = options.color === "always" || options.color === "never" ? options.color : "auto";
  const style = makeStyle(wantsColours(choice, io.env, io.stderr.isTTY), wantsUnicode(io.env));
  io.stderr.write(`${style.red("tailherd:")} ${wordsOf(error)}\n`);
  if (!(error instanceof CliFailure)) return;
  for (const issue of error.issues) {
    io.stderr.write(`  ${issue.path === "" ? "" : `${style.bold(plain(issue.path))}: `}${plain(issue.message)}\n`);
  }
  for (const hint of error.hints) io.stderr.write(`${style.dim(hint)}\n`);
}

function wordsOf(error: unknown): string {
  if (error instanceof CliFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function asProblem(error: unknown): object {
  if (!(error instanceof CliFailure)) return { code: "internal", detail: wordsOf(error) };
  const { code, message, issues, hints } = error;
  return { code, detail: message, ...(issues.length > 0 && { issues }), ...(hints.length > 0 && { hints }) };
}
