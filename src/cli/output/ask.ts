// Questions to the person at the terminal. Where there is none, nothing is asked: a script has decided already.
import { createInterface } from "node:readline/promises";
import { EXIT } from "../../contract/error-table.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";

/** Asks "… [y/N]" on stderr; anything but yes ends the command with exit 1 and nothing done. */
export async function confirm(context: Context, question: string): Promise<void> {
  if (!context.interactive) return;
  const prompt = createInterface({ input: context.io.stdin, output: context.io.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new CliFailure("Nothing was done.", { exitCode: EXIT.failed, code: "declined" });
}
