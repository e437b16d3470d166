import type { Completable } from "./completable.ts";

/** The script for bash (4.1 and later): a function that fills COMPREPLY. */
export function bashScript(commands: readonly Completable[]): string {
  return `# bash completion for microvm-lens; read it with: source <(microvm-lens completions bash)
_microvm_lens() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=
  COMPREPLY=()
  # bash takes RULE=LEVEL apart at its sign.
  if [ "$cur" = "=" ]; then cur=; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted([...commands.map(({ name }) => name), "--help", "--version"])}
  else
    case "$command $prev" in
${valueCases(commands, (name, option, values) => `      ${quotedWord(`${name} --${option}`)}) words=${quoted(values)} ;;`)}
      *)
        if [ "\${cur#-}" != "$cur" ]; then
          case $command in
${commands.map(({ name, options }) => `            ${name}) words=${quoted(options.map((each) => `--${each.name}`))} ;;`).join("\n")}
          esac
        elif [ "$COMP_CWORD" -eq 2 ]; then
          case $command in
${wordCases(commands, (name, words) => `            ${name}) words=${quoted(words)} ;;`)}
          esac
        fi
        ;;
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}
complete -o default -F _microvm_lens microvm-lens
`;
}

/** The script for zsh: also good as a file \`_microvm-lens\` in a folder of fpath. */
export function zshScript(commands: readonly Completable[]): string {
  return `#compdef microvm-lens
# zsh completion for microvm-lens; read it with: source <(microvm-lens completions zsh)
_microvm_lens() {
  local -a list
  if (( CURRENT == 2 )); then
    list=(
${commands.map(({ name, summary }) => `      ${quotedWord(`${name}:${summary}`)}`).join("\n")}
    )
    _describe command list
    return
  fi
  case "$words[2] $words[CURRENT-1]" in
${valueCases(commands, (name, option, values) => `    ${quotedWord(`${name} --${option}`)}) compadd -- ${values.map(quotedWord).join(" ")}; return ;;`)}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    case $words[2] in
${commands
  .map(
    ({ name, options }) =>
      `      ${name}) list=(${options.map((each) => quotedWord(`--${each.name}:${each.does}`)).join(" ")}) ;;`,
  )
  .join("\n")}
    esac
    _describe option list
    return
  fi
  if (( CURRENT == 3 )); then
    case $words[2] in
${wordCases(commands, (name, words) => `      ${name}) compadd -- ${words.map(quotedWord).join(" ")}; return ;;`)}
    esac
  fi
  _files
}
if [ "$funcstack[1]" = "_microvm_lens" ]; then _microvm_lens "$@"; else compdef _microvm_lens microvm-lens; fi
`;
}

function valueCases(
  commands: readonly Completable[],
  write: (name: string, option: string, values: readonly string[]) => string,
): string {
  return commands
    .flatMap(({ name, options }) =>
      options.flatMap(({ name: option, values }) => (values?.length ? [write(name, option, values)] : [])),
    )
    .join("\n");
}

function wordCases(
  commands: readonly Completable[],
  write: (name: string, words: readonly string[]) => string,
): string {
  return commands.flatMap(({ name, words }) => (words.length > 0 ? [write(name, words)] : [])).join("\n");
}

/** Words of one list in one argument. They are names of ours: letters, digits, dashes and the sign of RULE=LEVEL. */
function quoted(words: readonly string[]): string {
  return quotedWord(words.join(" "));
}

function quotedWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
