// The authorities that a check by https trusts instead of the machine's: a file of the definition's, read once it is needed.
import { readFile, stat } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { systemWords } from "../../supervisor/system-words.ts";

/** What came of reading: words when it cannot be used. */
export type Trust = { ok: true; context: SecureContext } | { ok: false; words: string };

/** Reads when asked, once; what could not be read is tried again at the next look. One read at a time, whatever the file is. */
export function trustIn(file: string, path: () => string): () => Promise<Trust> {
  let reading: Promise<Trust> | undefined;
  const read = async (): Promise<Trust> => {
    try {
      // Reading what is no file may wait for ever.
      if (!(await stat(path())).isFile()) return refused("not a file");
      return { ok: true, context: createSecureContext({ ca: await readFile(path(), "utf8") }) };
    } catch (error) {
      return refused(systemWords(error));
    }
  };
  const refused = (words: string): Trust => {
    reading = undefined;
    return { ok: false, words: `tls.ca_file ${file}: ${words}` };
  };
  return () => (reading ??= read());
}
