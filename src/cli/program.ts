/** The command line as a whole: its commands, its help, and how an error ends it. */

import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { Fault } from '#core/fault.ts';
import { addAccountCommands } from './account.ts';
import { addAdminCommands } from './admin.ts';
import { addAppPasswordCommands } from './app-password.ts';
import { addAuditCommand } from './audit.ts';
import { addCheckConfigCommand } from './check-config.ts';
import type { Cli } from './cli.ts';
import { addCompletionCommand } from './completion.ts';
import { addDomainCommands } from './domain.ts';
import { EXIT_CODE_WORDS, EXIT_CODES, exitCodeOf } from './exit-codes.ts';
import { addExportCommands } from './export.ts';
import { addImportCommand } from './import.ts';
import { addKeyCommands } from './key.ts';
import { addServeCommands } from './serve.ts';
import { addSessionCommands } from './session.ts';
import { addTraceCommand } from './trace.ts';
import { addTokenCommands } from './token.ts';

const HELP_WIDTH = 100;

/** Runs one command line (without the program's name). Returns the exit code; never throws. */
export async function runCommandLine(args: readonly string[], cli: Cli): Promise<number> {
  let exitCode: number = EXIT_CODES.ok;
  const program = makeProgram(cli, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(cli, args, error);
    if (error.exitCode === 0) return EXIT_CODES.ok; // help or the version was asked for
    // Commander writes no message of its own where it prints the help of an incomplete command.
    if (error.code !== 'commander.help') reportUsage(cli, args, error.message);
    return EXIT_CODES.usage;
  }
}

/** All commands. `setExitCode` is called by commands that end otherwise than well without throwing. */
export function makeProgram(cli: Cli, setExitCode: (code: number) => void): Command {
  const program = new Command('postern')
    .description('Two-step authentication for the mail server you already have.')
    .option('-c, --config <file>', 'the configuration (default: $POSTERN_CONFIG, /etc/postern/postern.yaml)')
    .option('--json', 'print results and errors as JSON')
    .version(packageJson.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ showGlobalOptions: true, helpWidth: HELP_WIDTH })
    .configureOutput({
      writeOut: (text) => cli.terminal.out(text.trimEnd()),
      writeErr: (text) => cli.terminal.err(text.trimEnd()),
      outputError: () => {}, // said once, by runCommandLine
    })
    .exitOverride()
    .addHelpText('after', `\nExit codes:\n${exitCodeWords()}`);
  addServeCommands(program, cli, setExitCode);
  addCheckConfigCommand(program, cli, setExitCode);
  addDomainCommands(program, cli);
  addAccountCommands(program, cli);
  addAppPasswordCommands(program, cli);
  addSessionCommands(program, cli);
  addTraceCommand(program, cli);
  addAdminCommands(program, cli);
  addAuditCommand(program, cli);
  addTokenCommands(program, cli);
  addImportCommand(program, cli, setExitCode);
  addExportCommands(program, cli, setExitCode);
  addKeyCommands(program, cli);
  addCompletionCommand(program, cli);
  return program;
}

function exitCodeWords(): string {
  const entries = Object.entries(EXIT_CODE_WORDS);
  return entries
    .map(([name, words]) => `  ${Object.entries(EXIT_CODES).find(([key]) => key === name)?.[1]}  ${words}`)
    .join('\n');
}

function reportUsage(cli: Cli, args: readonly string[], message: string): void {
  const line = message.replace(/^error: /, '').replaceAll('\n', ' ');
  report(cli, args, { code: 'USAGE', message: line });
}

function reportError(cli: Cli, args: readonly string[], error: unknown): number {
  if (error instanceof Fault) report(cli, args, { code: error.code, message: error.message });
  else {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    report(cli, args, { code: 'BUG', message: `this should not have happened: ${words}` });
  }
  return exitCodeOf(error);
}

// The options may be what was not understood, so --json is looked for in the words themselves.
function report(cli: Cli, args: readonly string[], error: { code: string; message: string }): void {
  cli.terminal.err(args.includes('--json') ? JSON.stringify({ error }) : `postern: ${error.message}`);
}
