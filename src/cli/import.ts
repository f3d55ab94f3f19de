/** `postern import`: many domains and accounts at once, from a file. */

import { createReadStream } from 'node:fs';
import { type Command, Option } from 'commander';
import type { ImportFormat } from '#bulk/entries.ts';
import { importLines, type ImportReport, type ImportWatcher, type Tally } from '#bulk/import.ts';
import type { ImportWork } from '#bulk/work.ts';
import { Fault } from '#core/fault.ts';
import { addCommand, atDesk, wantsJson, type Cli, type Desk } from './cli.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { counted, table } from './layout.ts';
import { makePrivateFile, type PrivateFile } from './private-file.ts';
import { progressBar, sizeOf } from './progress.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

interface ImportOptions {
  readonly dryRun?: true;
  readonly format?: ImportFormat;
  readonly secrets?: string;
}

const FORMATS = ['csv', 'jsonl'] as const satisfies readonly ImportFormat[];

/** Adds the command. `setExitCode` is told when a line was faulty. */
export function addImportCommand(program: Command, cli: Cli, setExitCode: (code: number) => void): void {
  addCommand(program, 'import <file>', {
    description: [
      'Set domains up and enrol accounts, as many as a file names. - reads standard input.',
      'A line is about one domain or one account; what it does not name stays. Faulty lines are named and passed over.',
      'It may be run again: what is done is left as it is, and nothing of an account that has enrolled is changed',
      'but its suspension. An account with a recoveryAddress is enrolled with codes sent there; its ordinary password',
      'then no longer works in mail programs.',
      'domain:  domain, mode, forcedFrom, methods, reveal, hints, trustedBrowserDays, maxAppPasswords, appPasswordDays',
      'account: account, recoveryAddress, appPasswords, suspended',
      'In CSV the first line names the columns, and a semicolon stands between the items of a list.',
    ].join('\n'),
    examples: [
      'import accounts.csv --dry-run',
      'import accounts.jsonl --secrets new-passwords.jsonl',
      'import - --format jsonl < accounts',
    ],
  })
    .option('--dry-run', 'write nothing: say what would be done')
    .addOption(new Option('--format <format>', 'what the file is, where its name does not say').choices(FORMATS))
    .option('--secrets <file>', 'write new app passwords and recovery codes to this new file, which only you can read')
    .action((file: string, options: ImportOptions, command: Command) =>
      atDesk(cli, command, (desk) => run(desk, file, options, { json: wantsJson(command), setExitCode })),
    );
}

interface Output {
  readonly json: boolean;
  readonly setExitCode: (code: number) => void;
}

async function run(desk: Desk, file: string, options: ImportOptions, output: Output): Promise<void> {
  const format = options.format ?? formatOf(file);
  const dryRun = options.dryRun === true;
  const { terminal } = desk.cli;
  const secretFile = options.secrets === undefined || dryRun ? undefined : makePrivateFile(options.secrets);
  const bar = progressBar(terminal, file === '-' ? undefined : sizeOf(file));
  const say = (line: number, words: string, kind: 'fault' | 'note'): void =>
    terminal.err(output.json ? JSON.stringify({ line, [kind]: words }) : `line ${line}: ${words}`);
  const watcher: ImportWatcher = {
    faulty: (line, why) => say(line, why, 'fault'),
    noted: (line, note) => say(line, note, 'note'),
    progress: (at) => bar.show(at),
  };
  try {
    const work = workOf(desk, dryRun, options.secrets === undefined ? undefined : secretsTo(secretFile));
    const input = file === '-' ? process.stdin : createReadStream(file);
    const report = await importLines(work, readable(input, file), format, watcher);
    bar.end();
    if (report.faulty > 0) output.setExitCode(EXIT_CODES.failed);
    desk.report({ dryRun, ...report }, () => reportText(report, dryRun, desk));
  } finally {
    bar.end();
    secretFile?.close();
  }
}

function workOf(desk: Desk, dryRun: boolean, secrets: ImportWork['secrets']): ImportWork {
  const { context } = desk;
  const planned = new Map<string, DomainRecord>();
  return {
    context,
    actor: desk.actor,
    rules: desk.settings.gateway.identity,
    dryRun,
    secrets,
    domain: async (name) => planned.get(name) ?? (await context.store.lookupDomain(name)).record,
    rememberDomain: (name, record) => {
      if (dryRun) planned.set(name, record);
    },
  };
}

function secretsTo(file: PrivateFile | undefined): ImportWork['secrets'] {
  return (made) => file?.add(JSON.stringify(made));
}

function formatOf(file: string): ImportFormat {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(?:jsonl|ndjson)$/i.test(file)) return 'jsonl';
  throw new Fault('USAGE', `say what ${file} is with --format csv or --format jsonl`);
}

/** The bytes of a file that an operator names. USAGE when it cannot be read. */
export async function* readable(input: AsyncIterable<unknown>, name: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of input) if (chunk instanceof Uint8Array) yield chunk;
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw new Fault('USAGE', `${name} cannot be read: ${cause.message}`, { cause });
  }
}

function reportText({ domains, accounts, faulty }: ImportReport, dryRun: boolean, desk: Desk): string {
  const row = (name: string, { created, changed, unchanged, kept }: Tally): readonly string[] => [
    name,
    ...[created, changed, unchanged, kept].map((count) => count.toLocaleString('en')),
  ];
  const heads = ['', 'NEW', 'CHANGED', 'AS IT WAS', 'LEFT TO ITS OWNER'];
  const end =
    faulty === 0 ? 'No line was faulty.' : `${counted(faulty, 'faulty line')}: correct them, then import again.`;
  return [
    table(heads, [row('domains', domains), row('accounts', accounts)], desk.paint),
    ...(dryRun ? ['Nothing was written: this was a dry run.'] : []),
    end,
  ].join('\n');
}
