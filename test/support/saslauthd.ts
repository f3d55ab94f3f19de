/**
 * The examples of deploy/saslauthd as they stand, with only ports, socket and token replaced: a real saslauthd that logs
 * in over IMAP, and the request of its mechanism httpform, which Debian's program is built without.
 */

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Mailbox } from './dovecot.ts';
import { eventually, run, start, temporaryDirectory } from './processes.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/saslauthd');

export interface Saslauthd {
  /** The directory of its socket, `mux`. */
  readonly directory: string;
  /** What saslauthd says of a login, as testsaslauthd prints it: `0: OK "Success."` or `0: NO "…"`. */
  ask(who: Mailbox, realm?: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts saslauthd and waits until it answers. */
export async function startSaslauthd(imapPort: number): Promise<Saslauthd> {
  const directory = await temporaryDirectory('saslauthd');
  const example = (await readFile(join(EXAMPLES, 'default'), 'utf8'))
    .replace('MECH_OPTIONS="127.0.0.1/10144"', `MECH_OPTIONS="127.0.0.1/${imapPort}"`)
    .replace('-m /var/run/saslauthd"', `-m ${directory.path}"`);
  const value = (name: string): string => new RegExp(`^${name}="(.*)"$`, 'm').exec(example)?.[1] ?? '';
  // As Debian's start script makes it of this file; -d keeps it in the foreground.
  const options = [...value('OPTIONS').split(' '), '-O', value('MECH_OPTIONS'), '-a', value('MECHANISMS')];
  const running = start('/usr/sbin/saslauthd', ['-d', ...options, '-n', '1']);
  const ask = async ({ name, password }: Mailbox, realm = ''): Promise<string> => {
    const where = ['-f', join(directory.path, 'mux'), '-s', 'smtp'];
    const said = await run('/usr/sbin/testsaslauthd', [...where, '-u', name, '-p', password, '-r', realm]);
    return said.stdout + said.stderr;
  };
  const stop = async (): Promise<void> => {
    await running.stop();
    await directory.remove();
  };
  try {
    await eventually('saslauthd answers', async () => /^0: (OK|NO)/.test(await ask({ name: 'x', password: 'x' })));
  } catch (error) {
    await stop().catch(() => undefined);
    throw new Error(`saslauthd did not start:\n${running.output()}`, { cause: error });
  }
  return { directory: directory.path, ask, stop };
}

/** Sends what httpform sends (saslauthd/auth_httpform.c) for this login; returns the line that it reads: the status. */
export async function askByForm(servicePort: number, token: string, { name, password }: Mailbox): Promise<string> {
  const example = await readFile(join(EXAMPLES, 'saslauthd.conf'), 'utf8');
  const setting = (key: string): string => new RegExp(`^httpform_${key}: (.*)$`, 'm').exec(example)?.[1] ?? '';
  const form = setting('data')
    .replace('postern_…', token)
    .replace('%u', escaped(name))
    .replace('%r', '')
    .replace('%p', escaped(password));
  const head = [
    `POST ${setting('uri')} HTTP/1.1`,
    `Host: ${setting('host')}:${servicePort}`,
    'Connection: close',
    'User-Agent: saslauthd',
    'Accept: */*',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
  ];
  const socket = connect(servicePort, setting('host'));
  socket.write(`${head.join('\r\n')}\r\n\r\n${form}`);
  const [line = ''] = (await text(socket)).split('\r\n');
  return line;
}

// All but ASCII letters and digits, byte by byte.
function escaped(value: string): string {
  const bytes = [...Buffer.from(value)];
  const sign = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return bytes
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[A-Za-z0-9]/.test(char) ? char : sign(char.charCodeAt(0))))
    .join('');
}
