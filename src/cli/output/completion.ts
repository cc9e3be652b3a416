// Completion scripts of three shells, from a plain description of the commands.

/** What `tailherd __names` lists. */
export type NameKind = "services" | "servers" | "tags";

/** One command as completion sees it. */
export interface CompletedCommand {
  names: string[];
  summary: string;
  /** `values`: what the flag takes names of. */
  flags: { flag: string; words: string; values: NameKind | null }[];
  /** What its arguments are names of. */
  names_of: NameKind | null;
  commands: CompletedCommand[];
}

type Flags = CompletedCommand["flags"];

/** Inside single quotes of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const words = (flags: Flags): string => flags.map(({ flag }) => flag).join(" ");

/** For bash. Names with blanks are escaped, so that they stay one word. */
export function bashScript(commands: CompletedCommand[], globals: Flags): string {
  const cases = commands.map((command) => {
    const inner = command.commands.map((each) => each.names[0]).join(" ");
    const flags = [words(command.flags), ...command.commands.map((each) => words(each.flags))]
      .filter(Boolean)
      .join(" ");
    return `    ${command.names.join("|")}) flags="$flags ${flags}"; inner="${inner}"; names=${command.names_of ?? ""} ;;`;
  });
  const valued = (["servers", "tags"] as const).map(
    (kind) => `    ${flagsFor(commands, kind).join("|")}) inner=; names=${kind} ;;`,
  );
  return `# bash completion of tailherd
_tailherd() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= second= word flags=${quoted(words(globals))} inner= names= IFS=$' \\t\\n'
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) if [[ -z $command ]]; then command=$word; else second=$word; break; fi ;; esac
  done
  case $command in
    "") inner=${quoted(commands.map((command) => command.names[0]).join(" "))} ;;
${cases.join("\n")}
  esac
  case "$command $second" in
${bashInner(commands).join("\n")}
  esac
  case \${COMP_WORDS[COMP_CWORD-1]} in
${valued.join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $inner ]]; then
    COMPREPLY=($(compgen -W "$inner" -- "$current"))
  elif [[ -n $names ]]; then
    local name
    COMPREPLY=()
    while IFS= read -r name; do
      [[ $name == "\${current//\\\\/}"* ]] && COMPREPLY+=("$(printf %q "$name")")
    done < <(tailherd __names $names 2>/dev/null)
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _tailherd tailherd
`;
}

/** Flags of any command that take such names: each means the same everywhere. */
function flagsFor(commands: CompletedCommand[], kind: NameKind): string[] {
  const all = commands.flatMap((command) => [...command.flags, ...command.commands.flatMap((each) => each.flags)]);
  return [...new Set(all.filter(({ values }) => values === kind).map(({ flag }) => flag))];
}

/** "servers show" and the like, with what comes after them. */
function bashInner(commands: CompletedCommand[]): string[] {
  return commands.flatMap((command) =>
    command.commands
      .filter(({ names_of }) => names_of !== null)
      .map((each) => {
        const both = command.names.flatMap((outer) => each.names.map((name) => quoted(`${outer} ${name}`)));
        return `    ${both.join("|")}) inner=; names=${each.names_of ?? ""} ;;`;
      }),
  );
}

/** For zsh. */
export function zshScript(commands: CompletedCommand[], globals: Flags): string {
  const list = (items: CompletedCommand[]): string =>
    items.map((command) => quoted(`${command.names[0] ?? ""}:${command.summary.replaceAll(":", "\\:")}`)).join(" ");
  const spec = ({ flag, words, values }: Flags[number]): string => {
    const value = values === null ? "" : `:${values}:_tailherd_${values}`;
    return quoted(`${flag}[${words.replaceAll(/[[\]]/g, "")}]${value}`);
  };
  const specs = (flags: Flags): string => flags.map(spec).join(" ");
  const cases = commands.map((command) => {
    const flags = specs([...command.flags, ...command.commands.flatMap((each) => each.flags)]);
    const kind = innerKind(command);
    const rest = `_arguments -s ${flags} ${kind === null ? "'*: :_files'" : `'*: :_tailherd_${kind}'`}`;
    if (command.commands.length === 0) return `    ${command.names.join("|")}) ${rest} ;;`;
    const inner = `inner=(${list(command.commands)})`;
    return `    ${command.names.join("|")}) ${inner}; if [[ $CURRENT == 2 && $words[2] != -* ]]; then _describe command inner; else ${rest}; fi ;;`;
  });
  return `#compdef tailherd
_tailherd_names() {
  local -a names
  names=("\${(@f)$(tailherd __names $1 2>/dev/null)}")
  compadd -a names
}
_tailherd_services() { _tailherd_names services }
_tailherd_servers() { _tailherd_names servers }
_tailherd_tags() { _tailherd_names tags }
_tailherd() {
  local context state line
  local -a commands inner
  commands=(${list(commands)})
  _arguments -C ${specs(globals)} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${cases.join("\n")}
    esac ;;
  esac
}
# From a file in fpath this is the function's body, run for the first completion; sourced, it only tells what completes.
if [[ $funcstack[1] == _tailherd ]]; then _tailherd "$@"; else compdef _tailherd tailherd; fi
`;
}

/** What the arguments of a command or of its subcommands name: those of one command are about one kind of thing. */
function innerKind(command: CompletedCommand): NameKind | null {
  return [command, ...command.commands].find(({ names_of }) => names_of !== null)?.names_of ?? null;
}

/** For fish. */
export function fishScript(commands: CompletedCommand[], globals: Flags): string {
  const option = ({ flag, words, values }: Flags[number], condition: string): string => {
    const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
    const value = values === null ? "" : ` -x -a '(tailherd __names ${values} 2>/dev/null)'`;
    return `complete -c tailherd ${condition}${name}${value} -d ${quoted(words)}`;
  };
  const lines = commands.flatMap((command) => {
    const inside = `-n ${quoted(`__fish_seen_subcommand_from ${command.names.join(" ")}`)} `;
    const flags = [...command.flags, ...command.commands.flatMap((each) => each.flags)];
    const kind = innerKind(command);
    return [
      `complete -c tailherd -f -n __fish_use_subcommand -a ${command.names[0] ?? ""} -d ${quoted(command.summary)}`,
      ...flags.map((flag) => option(flag, inside)),
      ...command.commands.map(
        (each) => `complete -c tailherd -f ${inside}-a ${each.names[0] ?? ""} -d ${quoted(each.summary)}`,
      ),
      ...(kind === null ? [] : [`complete -c tailherd -f ${inside}-a '(tailherd __names ${kind} 2>/dev/null)'`]),
    ];
  });
  return `# fish completion of tailherd\n${[...globals.map((flag) => option(flag, "")), ...lines].join("\n")}\n`;
}
