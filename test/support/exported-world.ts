/** A command line's world with one of everything that an export holds, and what its exports hold. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { commandWorld, type CommandWorld } from './command-line.ts';

const ALICE = 'alice@example.org';
/** Of a domain that is not configured and about which nobody has decided. */
export const STRAY = 'eve@elsewhere.test';
export const NONE_RESTORED = { created: 0, replaced: 0, unchanged: 0, kept: 0 };

/** A world with a domain, an enrolled account, a suspended one, another one elsewhere, an admin and a token. */
export async function filledWorld(t: {
  after: (action: () => void) => void;
}): Promise<{ at: CommandWorld; secret: string; totp: string }> {
  const at = commandWorld();
  t.after(at.remove);
  await at.run(['domain', 'set', 'example.org', 'enabled', '--methods', 'totp,email']);
  const { key: totp } = Object(await at.json('account', 'enrol', ALICE));
  const code = generateSync({ secret: totp, epoch: Math.floor(at.now / 1000) });
  const { appPassword: secret } = Object(await at.json('account', 'enrol', ALICE, '--code', code));
  for (const name of ['bob@example.org', STRAY]) await at.run(['account', 'suspend', name, '--yes']);
  await at.run(['admin', 'grant', ALICE, '--domain', 'example.org']);
  await at.run(['token', 'create', 'nginx', '--role', 'verifier', '--all']);
  return { at, secret, totp };
}

/** A configuration in the same folder, with the same keys, and another store. */
export function configured(at: CommandWorld, name: string, store: string): string {
  const path = join(at.folder, name);
  writeFileSync(path, readFileSync(at.configFile, 'utf8').replace(/^store:.*$/m, `store: ${store}`));
  return path;
}

/** The lines of an export without those that tell when it was made, and what restoring wrote down itself. */
export function recordsIn(file: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1, -1);
  return lines.filter((line) => !line.includes('restoredFrom'));
}
