/** `parapet completion`: the commands, options and values of this program as a completion script of a shell. */
import { Argument, type Command } from 'commander';
import type { Terminal } from '../terminal.ts';

interface Place {
  /** Words after `parapet`, `kms encrypt`. */
  trail: string;
  /** What can follow, with its description. */
  words: { word: string; text: string }[];
  /** Options that take one of a few values. */
  values: { flag: string; values: readonly string[] }[];
}

const SCRIPTS: Readonly<Record<string, (places: readonly Place[]) => string>> = { bash, zsh, fish };

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('Print the completion script of a shell: source <(parapet completion bash).')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => terminal.out(SCRIPTS[shell]?.(placesOf(program)) ?? ''));
}

function placesOf(program: Command): Place[] {
  const places: Place[] = [];
  const visit = (command: Command, trail: string): void => {
    const inner = command.commands.map((c) => ({ word: c.name(), text: c.summary() || c.description() }));
    const options = command.options.flatMap((o) => (o.long ? [{ word: o.long, text: o.description }] : []));
    const choices = command.registeredArguments.flatMap((a) =>
      (a.argChoices ?? []).map((word) => ({ word, text: '' })),
    );
    places.push({
      trail,
      words: [...inner, ...choices, ...options, { word: '--help', text: 'help' }],
      values: command.options.flatMap((o) => (o.long && o.argChoices ? [{ flag: o.long, values: o.argChoices }] : [])),
    });
    for (const next of command.commands) visit(next, trail === '' ? next.name() : `${trail} ${next.name()}`);
  };
  visit(program, '');
  return places;
}

function bash(places: readonly Place[]): string {
  const values = places.flatMap(({ trail, values: all }) =>
    all.map(({ flag, values: v }) => `    '${trail} ${flag}') words='${v.join(' ')}' ;;`),
  );
  const words = places.map(
    ({ trail, words: all }) => `      '${trail}') words='${all.map((w) => w.word).join(' ')}' ;;`,
  );
  return `# bash completion of parapet: source <(parapet completion bash)
_parapet() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" trail='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) break ;; esac
    trail="\${trail:+$trail }\${COMP_WORDS[i]}"
  done
  case "$trail $previous" in
${values.join('\n')}
  esac
  if [ -z "$words" ]; then
    case "$trail" in
${words.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _parapet parapet
`;
}

function zsh(places: readonly Place[]): string {
  const values = places.flatMap(({ trail, values: all }) =>
    all.map(({ flag, values: v }) => `    '${trail} ${flag}') compadd -- ${v.join(' ')}; return ;;`),
  );
  const words = places.map(
    ({ trail, words: all }) => `    '${trail}') compadd -- ${all.map((w) => w.word).join(' ')} ;;`,
  );
  return `#compdef parapet
# zsh completion of parapet: source <(parapet completion zsh)
_parapet() {
  local trail='' i
  for ((i = 2; i < CURRENT; i++)); do
    [[ $words[i] == -* ]] && break
    trail="\${trail:+$trail }$words[i]"
  done
  case "$trail $words[CURRENT-1]" in
${values.join('\n')}
  esac
  case "$trail" in
${words.join('\n')}
    *) _files ;;
  esac
}
compdef _parapet parapet
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ trail, words, values }) => {
    const at = `complete -c parapet -n 'test "$(__parapet_trail)" = "${trail}"'`;
    return words.map(({ word, text }) => {
      const known = values.find(({ flag }) => flag === word)?.values;
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `${at} ${what}${known ? ` -x -a '${known.join(' ')}'` : ''}${text === '' ? '' : ` -d '${fishText(text)}'`}`;
    });
  });
  return `# fish completion of parapet: parapet completion fish | source
function __parapet_trail
  set -l trail
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and break
    set -a trail $word
  end
  string join ' ' -- $trail
end
${lines.join('\n')}
`;
}

function fishText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
