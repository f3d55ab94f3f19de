/** How a mail app of each protocol logs in. */

import { unreachable } from '#core/fault.ts';
import type { MailProtocol, Target } from '../sides/side.ts';
import { Client, type ClientOptions } from './client.ts';

export interface User {
  readonly name: string;
  readonly password: string;
}

/** The accounts by turns. */
export function userAt({ users }: { readonly users: readonly User[] }, at: number): User {
  const user = users[at % users.length];
  if (user === undefined) throw new Error('there are no accounts');
  return user;
}

/** Connects and logs in. Rejects when any of it fails; nothing stays open then. */
export async function logIn(
  side: Target,
  protocol: MailProtocol,
  { name, password }: User,
  options?: ClientOptions,
): Promise<Client> {
  const client = await Client.open(side, protocol, options);
  const plain = Buffer.from(`\0${name}\0${password}`).toString('base64');
  switch (protocol) {
    case 'imap':
      await client.ask(`a LOGIN "${name}" "${password}"\r\n`);
      break;
    case 'pop3':
      await client.ask(`USER ${name}\r\n`);
      await client.ask(`PASS ${password}\r\n`);
      break;
    case 'submission':
      await client.ask('EHLO client.test\r\n');
      await client.ask(`AUTH PLAIN ${plain}\r\n`);
      break;
    default:
      unreachable(protocol);
  }
  return client;
}
