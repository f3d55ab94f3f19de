/** `postern export` and `postern restore`: everything that the store keeps, as a file and back, in any kind of store. */

import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { checkExport } from '#bulk/check-export.ts';
import { exportLines } from '#bulk/export.ts';
import { restoreExport, type RestoreReport, type RestoreTally } from '#bulk/restore.ts';
import { addCommand, atDesk, confirm, withYes, wantsJson, type Cli, type Desk, type YesOption } from './cli.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { readable } from './import.ts';
import { counted, table } from './layout.ts';
import { makePrivateFile } from './private-file.ts';
import { progressBar, sizeOf } from './progress.ts';

interface RestoreOptions extends YesOption {
  readonly dryRun?: true;
  readonly replace?: true;
}

/** Adds the commands. `setExitCode` is told when a record was not restored. */
export function addExportCommands(program: Command, cli: Cli, setExitCode: (code: number) => void): void {
  addCommand(program, 'export', {
    description: [
      'Write everything that the store keeps to a file that only you can read: domains, accounts, admins, tokens, audit.',
      'Secrets stay sealed: without the master keys nobody can use or read them. Sessions, sign-ins of browsers and',
      'counts of wrong passwords are not in it.',
    ].join('\n'),
    examples: ['export', 'export --to /backup/postern.jsonl'],
  })
    .option('--to <file>', 'a new file (default: postern-export-<date and time>.jsonl, here)')
    .action((options: { readonly to?: string }, command: Command) =>
      atDesk(cli, command, (desk) => write(desk, options.to)),
    );
  withYes(
    addCommand(program, 'restore <file>', {
      description: [
        'Restore an export into the store of this configuration, which may be of the other kind. The file is checked as',
        'a whole first. What is there already and differs is kept, because it may be newer.',
        'Stop the gateways before, and revoke again what was revoked since the export.',
      ].join('\n'),
      examples: ['restore postern.jsonl --dry-run', 'restore postern.jsonl', 'restore postern.jsonl --replace'],
    }),
  )
    .option('--dry-run', 'write nothing: check the file and say what would be done')
    .option('--replace', 'replace what is there already and differs')
    .action((file: string, options: RestoreOptions, command: Command) =>
      atDesk(cli, command, (desk) => restore(desk, file, options, { json: wantsJson(command), setExitCode })),
    );
}

async function write(desk: Desk, to: string | undefined): Promise<void> {
  const stamp = new Date(desk.now)
    .toISOString()
    .replace(/:\d\d\.\d+Z$/, '')
    .replace(':', '');
  const path = to ?? `postern-export-${stamp}.jsonl`;
  const file = makePrivateFile(path);
  const bar = progressBar(desk.cli.terminal, undefined);
  const domains = Object.keys(desk.settings.gateway.domainBackends);
  try {
    const lines = exportLines(desk.context, domains);
    let [step, written] = [await lines.next(), 0];
    while (step.done !== true) {
      file.add(step.value);
      written += 1;
      bar.show({ line: written, bytesRead: 0 });
      step = await lines.next();
    }
    const counts = step.value;
    file.close();
    bar.end();
    desk.report({ file: path, ...counts }, () =>
      [
        `${path}: ${counted(counts.domains, 'domain')}, ${counted(counts.accounts, 'account')}.`,
        'It is of use only together with the master keys: keep a copy of the key file, and keep it elsewhere.',
      ].join('\n'),
    );
  } catch (error) {
    bar.end();
    file.discard();
    throw error;
  }
}

interface Output {
  readonly json: boolean;
  readonly setExitCode: (code: number) => void;
}

async function restore(desk: Desk, file: string, options: RestoreOptions, output: Output): Promise<void> {
  const { context, settings, cli } = desk;
  const dryRun = options.dryRun === true;
  const chunks = () => readable(createReadStream(file), file);
  const { header } = await checkExport(chunks(), context.keyring, settings.gateway.identity);
  if (options.replace === true && !dryRun) {
    await confirm(cli, options, `What differs would become as it was on ${header.at}. Replace it?`);
  }
  const bar = progressBar(cli.terminal, sizeOf(file));
  const work = { store: context.store, actor: desk.actor, clock: cli.clock, dryRun, replace: options.replace === true };
  try {
    const report = await restoreExport(work, chunks(), header.at, {
      kept: (line, what) =>
        cli.terminal.err(
          output.json ? JSON.stringify({ line, kept: what }) : `line ${line}: ${what} differs and is kept`,
        ),
      progress: (at) => bar.show(at),
    });
    bar.end();
    const kept = [report.domains, report.accounts, report.lists].reduce((sum, tally) => sum + tally.kept, 0);
    if (kept > 0) output.setExitCode(EXIT_CODES.failed);
    desk.report({ dryRun, exportedAt: header.at, ...report }, () => reportText(desk, report, { dryRun, kept }));
  } finally {
    bar.end();
  }
}

function reportText(
  desk: Desk,
  { domains, accounts, lists, auditEntries }: RestoreReport,
  { dryRun, kept }: { readonly dryRun: boolean; readonly kept: number },
): string {
  const row = (name: string, { created, replaced, unchanged, kept: left }: RestoreTally): readonly string[] => [
    name,
    ...[created, replaced, unchanged, left].map((count) => count.toLocaleString('en')),
  ];
  const rows = [row('domains', domains), row('accounts', accounts), row('admins, tokens', lists)];
  return [
    table(['', 'RESTORED', 'REPLACED', 'AS IT WAS', 'KEPT'], rows, desk.paint),
    `${counted(auditEntries, 'line')} of the audit.`,
    ...(dryRun ? ['Nothing was written: this was a dry run.'] : []),
    ...(kept > 0 ? ['What was kept differs from the export. To have it as it was then: --replace.'] : []),
  ].join('\n');
}
