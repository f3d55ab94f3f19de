/**
 * The demo's mail server, a process of its own: three plain loopback listeners on free ports over one mail file.
 *
 * Takes one argument, a JSON file of MailServerSettings. Writes one line of JSON to stdout when it listens: the ports.
 * Ends on SIGTERM, and when whoever started it with an IPC channel is gone.
 */

import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { Changes } from './changes.ts';
import { openDatabase } from './database.ts';
import { ensureFolders } from './folders.ts';
import { createImapServer } from './imap-server.ts';
import { createPop3Server } from './pop3-server.ts';
import type { MailPorts, MailServerSettings } from './settings.ts';
import { deliverWelcome } from './welcome.ts';
import { createSubmissionServer } from './submission-server.ts';

const settings: MailServerSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const room = { database: openDatabase(settings.database), changes: new Changes() };
for (const account of Object.keys(settings.accounts.passwords)) {
  if (ensureFolders(room, account)) deliverWelcome(room, account, new Date());
}

const servers = {
  imap: createImapServer(room, settings.accounts),
  pop3: createPop3Server(room, settings.accounts),
  submission: createSubmissionServer(room, settings.accounts),
};
const emitters: Readonly<Record<string, EventEmitter>> = servers;
for (const [name, server] of Object.entries(emitters)) {
  // A client that hangs up in the middle is no reason to end.
  server.on('error', (error: Error) => process.stderr.write(`${name}: ${error.message}\n`));
}
const ports: MailPorts = {
  imap: await listening(servers.imap.server),
  pop3: await listening(servers.pop3.server),
  submission: await listening(servers.submission.server),
};
process.stdout.write(`${JSON.stringify(ports)}\n`);

// A terminal sends Ctrl-C to every process in it; this one goes when the demo says so, after the gateway.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', end);
process.once('disconnect', end);

function end(): void {
  room.database.close();
  process.exit(0);
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(toPort(server.address())));
  });
}

function toPort(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP socket');
  return address.port;
}
