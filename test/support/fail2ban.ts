/** What fail2ban finds in lines of a log with the filter of deploy/, by its own program. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILTER = join(import.meta.dirname, '../../deploy/fail2ban/filter.d/postern.conf');

/** The address of each line that the filter matches, in their order. */
export function bannedBy(lines: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-fail2ban-'));
  try {
    const file = join(folder, 'log');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const { status, stdout, stderr } = spawnSync('fail2ban-regex', ['--out', 'ip', file, FILTER], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status === null || /error/i.test(stderr)) throw new Error(`fail2ban-regex: ${stderr}${stdout}`);
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
