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
  /** Ends the process and starts another one over the same mailboxes. */
  restart(): Promise<DemoMailServer>;
  stop(): Promise<void>;
}

export async function startDemoMailServer(): Promise<DemoMailServer> {
  const directory = await temporaryDirectory('demo-mail');
  const settings = join(directory.path, 'settings.json');
  const passwords = { [ANNA.user]: ANNA.pass, [BENO.user]: BENO.pass };
  const master = { user: 'gateway', password: AS_ANNA.pass };
  await writeFile(
    settings,
    JSON.stringify({ database: join(directory.path, 'mail.db'), accounts: { passwords, master } }),
  );
  return run(settings, directory.remove);
}

async function run(settings: string, remove: () => Promise<void>): Promise<DemoMailServer> {
  const running: Running = start(process.execPath, [MAIN, settings]);
  const ports: { imap: number; pop3: number; submission: number } = JSON.parse(await running.line(/^\{/));
  return {
    ...ports,
    restart: async () => {
      await running.stop();
      return run(settings, remove);
    },
    stop: async () => {
      await running.stop();
      await remove();
    },
  };
}
