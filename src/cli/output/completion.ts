// Completion scripts of three shells, from a plain description of the commands.

/** One command as completion sees it. */
export interface CompletedCommand {
  names: string[];
  summary: string;
  flags: { flag: string; words: string }[];
  /** Its arguments are names of services. */
  services: boolean;
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
    return `    ${command.names.join("|")}) flags="$flags ${flags}"; inner="${inner}"; services=${command.services ? 1 : 0} ;;`;
  });
  return `# bash completion of tailherd
_tailherd() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= word flags=${quoted(words(globals))} inner= services=0 IFS=$' \\t\\n'
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $command in
    "") inner=${quoted(commands.map((command) => command.names[0]).join(" "))} ;;
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n $inner ]]; then
    COMPREPLY=($(compgen -W "$inner" -- "$current"))
  elif [[ $services == 1 ]]; then
    local name
    COMPREPLY=()
    while IFS= read -r name; do
      [[ $name == "\${current//\\\\/}"* ]] && COMPREPLY+=("$(printf %q "$name")")
    done < <(tailherd __names 2>/dev/null)
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _tailherd tailherd
`;
}

/** For zsh. */
export function zshScript(commands: CompletedCommand[], globals: Flags): string {
  const list = (items: CompletedCommand[]): string =>
    items.map((command) => quoted(`${command.names[0] ?? ""}:${command.summary.replaceAll(":", "\\:")}`)).join(" ");
  const specs = (flags: Flags): string =>
    flags.map(({ flag, words }) => quoted(`${flag}[${words.replaceAll(/[[\]]/g, "")}]`)).join(" ");
  const cases = commands.map((command) => {
    const flags = specs([...command.flags, ...command.commands.flatMap((each) => each.flags)]);
    const rest = `_arguments -s ${flags} ${command.services ? "'*: :_tailherd_services'" : "'*: :_files'"}`;
    if (command.commands.length === 0) return `    ${command.names.join("|")}) ${rest} ;;`;
    const inner = `inner=(${list(command.commands)})`;
    return `    ${command.names.join("|")}) ${inner}; if [[ $CURRENT == 2 && $words[2] != -* ]]; then _describe command inner; else ${rest}; fi ;;`;
  });
  return `#compdef tailherd
_tailherd_services() {
  local -a names
  names=("\${(@f)$(tailherd __names 2>/dev/null)}")
  compadd -a names
}
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

/** For fish. */
export function fishScript(commands: CompletedCommand[], globals: Flags): string {
  const option = ({ flag, words }: Flags[number], condition: string): string => {
    const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
    return `complete -c tailherd ${condition}${name} -d ${quoted(words)}`;
  };
  const lines = commands.flatMap((command) => {
    const inside = `-n ${quoted(`__fish_seen_subcommand_from ${command.names.join(" ")}`)} `;
    const flags = [...command.flags, ...command.commands.flatMap((each) => each.flags)];
    return [
      `complete -c tailherd -f -n __fish_use_subcommand -a ${command.names[0] ?? ""} -d ${quoted(command.summary)}`,
      ...flags.map((flag) => option(flag, inside)),
      ...command.commands.map(
        (each) => `complete -c tailherd -f ${inside}-a ${each.names[0] ?? ""} -d ${quoted(each.summary)}`,
      ),
      ...(command.services ? [`complete -c tailherd -f ${inside}-a '(tailherd __names 2>/dev/null)'`] : []),
    ];
  });
  return `# fish completion of tailherd\n${[...globals.map((flag) => option(flag, "")), ...lines].join("\n")}\n`;
}
