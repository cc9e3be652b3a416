// Reads files of NAME=value lines: a service's env_file, and the machine's /etc/environment.

export type EnvFileResult = { ok: true; env: Record<string, string> } | { ok: false; line: number; message: string };

const LINE = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;

/**
 * Blank lines and lines beginning with # are skipped, `export ` is allowed, 'single' quotes take all as it stands, "double"
 * quotes know \n \t \" \\ \$; an unquoted value ends before " #". Nothing is expanded.
 */
export function parseEnvFile(text: string): EnvFileResult {
  const env: Record<string, string> = {};
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const line = raw.replace(/\r$/, "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    const name = match?.[1];
    if (name === undefined) return { ok: false, line: index + 1, message: "must be NAME=value" };
    const value = readValue(match?.[2] ?? "");
    if (value === undefined) return { ok: false, line: index + 1, message: `${name}: the quote is not closed` };
    if (value.includes("\0")) return { ok: false, line: index + 1, message: `${name}: must not hold a NUL` };
    env[name] = value;
  }
  return { ok: true, env };
}

function readValue(text: string): string | undefined {
  const quote = text.charAt(0);
  if (quote === "'") {
    const match = /^'([^']*)'\s*(?:#.*)?$/.exec(text);
    return match?.[1];
  }
  if (quote === '"') {
    const match = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text);
    return match?.[1]?.replaceAll(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char === "t" ? "\t" : char));
  }
  return text.replace(/\s+#.*$/, "").trim();
}
