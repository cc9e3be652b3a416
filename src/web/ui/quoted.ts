// Words of a line that somebody pastes into a shell.

/** In single quotes where it holds more than harmless characters. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
