/** `postern completion`: scripts by which shells complete subcommands and options, made by walking the commands. */

import { Argument, type Command } from 'commander';
import { unreachable } from '#core/fault.ts';
import { addCommand, type Cli } from './cli.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** What may follow a sequence of subcommands. */
interface Node {
  /** The subcommands before, joined by a space; '' at the beginning. */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  /** What the arguments may be, where they are a choice. */
  readonly choices: readonly string[];
}

interface Word {
  readonly word: string;
  readonly about: string;
}

/** Adds the command to the program. */
export function addCompletionCommand(program: Command, cli: Cli): void {
  addCommand(program, 'completion', {
    description: 'Print a script by which a shell completes commands and options.',
    examples: [
      'completion bash > /etc/bash_completion.d/postern',
      'completion zsh > /usr/local/share/zsh/site-functions/_postern',
      'completion fish > ~/.config/fish/completions/postern.fish',
    ],
  })
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => cli.terminal.out(completionScript(program, shell)));
}

/** The script for one shell. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = nodesOf(program, []);
  switch (shell) {
    case 'bash':
      return bashScript(nodes);
    case 'zsh':
      return zshScript(nodes);
    case 'fish':
      return fishScript(nodes);
    default:
      return unreachable(shell);
  }
}

function nodesOf(command: Command, path: readonly string[]): readonly Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const node = {
    path: path.join(' '),
    commands: commands.map((one) => ({ word: one.name(), about: one.summary() || one.description() })),
    options: options.flatMap((one) => (one.long === undefined ? [] : [{ word: one.long, about: one.description }])),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  };
  const below = commands.filter((one) => one.name() !== 'help').flatMap((one) => nodesOf(one, [...path, one.name()]));
  return [node, ...below];
}

/** A subcommand that leads from one path to the next. */
function transitionsOf(nodes: readonly Node[]): readonly { readonly from: string; readonly to: string }[] {
  const paths = nodes.map(({ path }) => path).filter((path) => path !== '');
  return paths.map((path) => {
    const words = path.split(' ');
    return { from: [words.slice(0, -1).join(' '), words.at(-1)].join(' '), to: path };
  });
}

// In all three, the words before the cursor that are subcommands make the path, and the path what may follow.
function bashScript(nodes: readonly Node[]): string {
  const steps = transitionsOf(nodes).map(({ from, to }) => `      '${from}') at='${to}' ;;`);
  const cases = nodes.map(({ path, commands, options, choices }) => {
    const words = [...commands, ...options].map(({ word }) => word);
    return `    '${path}') words='${[...choices, ...words].join(' ')}' ;;`;
  });
  return `# Completion of postern for bash, made by \`postern completion bash\`.
_postern() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' words='' word
  case "\${COMP_WORDS[COMP_CWORD-1]}" in -c|--config) compopt -o default; COMPREPLY=(); return ;; esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
${steps.join('\n')}
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _postern postern`;
}

function zshScript(nodes: readonly Node[]): string {
  const steps = transitionsOf(nodes).map(({ from, to }) => `      '${from}') at='${to}' ;;`);
  const item = ({ word, about }: Word): string => `'${word}:${plain(about)}'`;
  const cases = nodes.map(({ path, commands, options, choices }) => {
    const words = [...choices.map((word) => ({ word, about: '' })), ...commands].map(item);
    return `    '${path}') commands=(${words.join(' ')}); options=(${options.map(item).join(' ')}) ;;`;
  });
  return `#compdef postern
# Completion of postern for zsh, made by \`postern completion zsh\`.
_postern() {
  local at='' word
  local -a commands options
  case "$words[CURRENT-1]" in -c|--config) _files; return ;; esac
  for word in $words[2,CURRENT-1]; do
    case "$at $word" in
${steps.join('\n')}
    esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe option options; else _describe command commands; fi
}
if [ "$funcstack[1]" = _postern ]; then _postern "$@"; else compdef _postern postern; fi`;
}

function fishScript(nodes: readonly Node[]): string {
  const steps = transitionsOf(nodes).map(({ from, to }) => `      case '${from}'; set at '${to}'`);
  const lines = nodes.flatMap(({ path, commands, options, choices }) => {
    const head = `complete -c postern -n '__postern_at "${path}"'`;
    return [
      ...choices.map((word) => `${head} -a ${word}`),
      ...commands.map(({ word, about }) => `${head} -a ${word} -d '${plain(about)}'`),
      ...options.map(({ word, about }) => `${head} -l ${word.slice(2)} -d '${plain(about)}'`),
    ];
  });
  return `# Completion of postern for fish, made by \`postern completion fish\`.
function __postern_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
${steps.join('\n')}
    end
  end
  test "$at" = "$argv[1]"
end
complete -c postern -f
complete -c postern -s c -l config -r -F
${lines.join('\n')}`;
}

// What may stand between apostrophes in each of these shells, and not be taken for a separator by zsh.
function plain(about: string): string {
  return about.replaceAll("'", '’').replaceAll(':', ',').replaceAll('\\', '');
}
