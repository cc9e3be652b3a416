// `${VAR}` in values of tailherd.yaml, as compose files have it: after parsing, so that no value can change the file's structure.

/** The text with variables filled in, or why not. */
export type Filled = { ok: true; text: string } | { ok: false; message: string };

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

/**
 * Fills in `${VAR}` (an error when unset), `${VAR:-x}` and `${VAR-x}` (x when unset or empty; when unset), `${VAR:?why}` and
 * `${VAR?why}` (an error with these words), `${VAR:+x}` and `${VAR+x}` (x when set). What stands after the operator may hold
 * variables too. `$$` is one `$`; a `$` before anything but `{` stays, so that shell lines keep their `$1` and `$HOME`.
 */
export function interpolate(text: string, variables: Readonly<Record<string, string | undefined>>): Filled {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) break;
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      out += "$";
      at = dollar + 2;
    } else if (next === "{") {
      const end = closing(text, dollar + 2);
      if (end < 0)
        return { ok: false, message: `has "\${" without its "}"; write "$\${" for the characters themselves` };
      const filled = fill(text.slice(dollar + 2, end), variables);
      if (!filled.ok) return filled;
      out += filled.text;
      at = end + 1;
    } else {
      out += "$";
      at = dollar + 1;
    }
  }
  return { ok: true, text: out + text.slice(at) };
}

/** Where the brace that belongs to an opening one stands; -1 when nowhere. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("${", at)) depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

function fill(inside: string, variables: Readonly<Record<string, string | undefined>>): Filled {
  const name = NAME.exec(inside)?.[0];
  if (name === undefined) return { ok: false, message: `has "\${${inside}}", which names no variable` };
  const rest = inside.slice(name.length);
  const value = variables[name];
  if (rest === "") {
    if (value !== undefined) return { ok: true, text: value };
    return { ok: false, message: `needs the variable ${name}, which is not set; \${${name}:-…} gives it a default` };
  }
  const operator = /^:?[-?+]/.exec(rest)?.[0];
  if (operator === undefined)
    return { ok: false, message: `has "\${${inside}}"; known are :- :? :+ - ? + after the name` };
  const word = rest.slice(operator.length);
  const missing = value === undefined || (operator.length === 2 && value === "");
  switch (operator.at(-1)) {
    case "-":
      return missing ? interpolate(word, variables) : { ok: true, text: value };
    case "+":
      return missing ? { ok: true, text: "" } : interpolate(word, variables);
    default:
      return missing
        ? { ok: false, message: `needs the variable ${name}: ${word === "" ? "it is not set" : word}` }
        : { ok: true, text: value };
  }
}
