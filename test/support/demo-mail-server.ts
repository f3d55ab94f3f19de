/** The demo's mail server as a process of its own, with two accounts and a master, on the runtime that runs the test. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start, temporaryDirectory, type Running } from './processes.ts';

const MAIN = join(import.meta.dirname, '../../src/demo/mail/main.ts');

export const ANNA = { user: 'anna@example.org', pass: 'annas password' };
export const BENO = { user: 'beno@example.org', pass: 'benos password' };
export const AS_ANNA = { user: 'anna@example.org*gateway', pass: 'the master password' };

export interface DemoMailServer {
  readonly imap: number;
  readonly pop3: number;
  readonly submission: number;
  /** The SQLite file of its mailboxes. */
  readonly database: string;
  /** Ends the process and starts another one over the same mailboxes. */
  restart(): Promise<DemoMailServer>;
  stop(): Promise<void>;
}

/** `others` have a mailbox as well: their passwords by their addresses. */
export async function startDemoMailServer(others: Readonly<Record<string, string>> = {}): Promise<DemoMailServer> {
  const directory = await temporaryDirectory('demo-mail');
  const settings = join(directory.path, 'settings.json');
  const database = join(directory.path, 'mail.db');
  const passwords = { [ANNA.user]: ANNA.pass, [BENO.user]: BENO.pass, ...others };
  const master = { user: 'gateway', password: AS_ANNA.pass };
  await writeFile(settings, JSON.stringify({ database, accounts: { passwords, master } }));
  return run({ settings, database, remove: directory.remove });
}

interface Files {
  readonly settings: string;
  readonly database: string;
  readonly remove: () => Promise<void>;
}

async function run(files: Files): Promise<DemoMailServer> {
  const { settings, database, remove } = files;
  const running: Running = start(process.execPath, [MAIN, settings]);
  const ports: { imap: number; pop3: number; submission: number } = JSON.parse(await running.line(/^\{/));
  return {
    ...ports,
    database,
    restart: async () => {
      await running.stop();
      return run(files);
    },
    stop: async () => {
      await running.stop();
      await remove();
    },
  };
}
