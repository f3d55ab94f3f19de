/** The demo's folder: makes it, and the files in it that must be there before anything can start. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '#core/fault.ts';
import { newKeyLine } from '#policy/secrets/keyring.ts';
import { DEMO_ACCOUNTS, DEMO_SENDER } from './accounts.ts';
import { ensureCertificates } from './certificates.ts';
import type { CertificateFiles } from './certificates.ts';
import type { MailServerSettings } from '#demo/mail/settings.ts';
import type { DemoOptions } from './options.ts';

export interface DemoFiles {
  readonly certificates: CertificateFiles;
  /** The gateway's configuration; written once the mail server's ports are known. */
  readonly configuration: string;
  readonly keys: string;
  readonly masterPassword: string;
  readonly store: string;
  /** The key of the sample authenticator app, so that a person can sign in with it. No secret: it opens only the demo. */
  readonly authenticatorKey: string;
  readonly mailSettings: string;
  readonly log: string;
  readonly mailLog: string;
}

export const MASTER_USER = 'gateway';

/** Makes what is missing. Throws NOT_ALLOWED with what to do when the folder cannot be written. */
export function prepareFiles({ folder, certificatesFolder }: DemoOptions, now: Date): DemoFiles {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = {
      configuration: join(folder, 'postern.yaml'),
      keys: join(folder, 'keys'),
      masterPassword: join(folder, 'master.password'),
      store: join(folder, 'postern.db'),
      authenticatorKey: join(folder, 'authenticator.key'),
      mailSettings: join(folder, 'mail-server.json'),
      log: join(folder, 'postern.log'),
      mailLog: join(folder, 'mail-server.log'),
    };
    writeOnce(files.keys, `${newKeyLine()}\n`);
    writeOnce(files.masterPassword, `${randomBytes(24).toString('base64url')}\n`);
    writePrivate(files.mailSettings, JSON.stringify(mailSettings(folder, files.masterPassword), undefined, 2));
    return { ...files, certificates: ensureCertificates(certificatesFolder, now) };
  } catch (cause) {
    throw unusableFile(cause);
  }
}

/** A file that cannot be read or written, as a Fault that says what to do; any other error as it is. */
export function unusableFile(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || !('path' in cause)) return cause;
  const advice = 'give this user the folder, or choose another one with npm start -- --folder <path>';
  return new Fault('NOT_ALLOWED', `cannot use ${String(cause.path)} (${String(cause.code)}): ${advice}`, { cause });
}

/** Writes a file that only its owner may read. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}

function writeOnce(file: string, text: string): void {
  if (!existsSync(file)) writePrivate(file, text);
}

function mailSettings(folder: string, masterPasswordFile: string): MailServerSettings {
  const password = readFileSync(masterPasswordFile, 'utf8').trim();
  const passwords = DEMO_ACCOUNTS.map(({ address, ordinaryPassword }) => [address, ordinaryPassword]);
  passwords.push([DEMO_SENDER, randomBytes(24).toString('base64url')]);
  return {
    database: join(folder, 'mail.db'),
    accounts: { passwords: Object.fromEntries(passwords), master: { user: MASTER_USER, password } },
  };
}
