/**
 * Mail programs that people and scripts really use, each behind one function: log in, do one small thing, and tell
 * whether it went through and what the user was shown. What they make of an answer is what the gateway is judged by.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Mailbox } from './dovecot.ts';
import { run, temporaryDirectory, type Finished } from './processes.ts';

/** Where a client connects. All of them verify the certificate for `localhost`. */
export interface Place {
  readonly port: number;
  readonly tls: 'implicit' | 'starttls';
  readonly caFile: string;
}

export interface Outcome {
  readonly accepted: boolean;
  /** All that the client printed, as far as it shows the server's words at all. */
  readonly said: string;
}

export type Protocol = 'imap' | 'pop3' | 'submission';

export interface MailClient {
  readonly name: string;
  readonly protocol: Protocol;
  /** Logs in and then lists the mailbox or sends a message to itself. */
  readonly login: (place: Place, who: Mailbox) => Promise<Outcome>;
}

/** A mail with its header, as it is to be in a file; its lines end with CRLF. */
export interface Letter {
  readonly to: string;
  readonly content: Buffer;
}

export interface MailSender {
  readonly name: string;
  /** Logs in and sends a letter. */
  readonly send: (place: Place, who: Mailbox, letter: Letter) => Promise<Outcome>;
}

export const MAIL_SENDERS: readonly MailSender[] = [
  { name: 'nodemailer', send: nodemailer },
  { name: 'curl', send: (place, who, letter) => curl('submission', place, who, letter) },
  { name: 'swaks', send: swaks },
  { name: 'msmtp', send: msmtp },
  { name: 'smtplib', send: smtplib },
];

export const MAIL_CLIENTS: readonly MailClient[] = [
  { name: 'imapflow', protocol: 'imap', login: imapflow },
  { name: 'curl', protocol: 'imap', login: (place, who) => curl('imap', place, who) },
  { name: 'mbsync', protocol: 'imap', login: mbsync },
  { name: 'fetchmail', protocol: 'imap', login: (place, who) => fetchmail('imap', place, who) },
  { name: 'imaplib', protocol: 'imap', login: (place, who) => python('imap', place, who) },
  { name: 'curl', protocol: 'pop3', login: (place, who) => curl('pop3', place, who) },
  { name: 'fetchmail', protocol: 'pop3', login: (place, who) => fetchmail('pop3', place, who) },
  { name: 'poplib', protocol: 'pop3', login: (place, who) => python('pop3', place, who) },
  ...MAIL_SENDERS.map(({ name, send }): MailClient => ({
    name,
    protocol: 'submission',
    login: (place, who) => send(place, who, shortLetter(name, who)),
  })),
];

function shortLetter(from: string, { name }: Mailbox): Letter {
  return { to: name, content: Buffer.from(`Subject: from ${from}\r\n\r\nhello\r\n`) };
}

/** An imapflow client for this place, not yet connected. */
export async function imapClient(place: Place, who: Mailbox): Promise<ImapFlow> {
  return new ImapFlow({
    host: 'localhost',
    port: place.port,
    secure: place.tls === 'implicit',
    doSTARTTLS: place.tls === 'starttls',
    auth: { user: who.name, pass: who.password },
    tls: { ca: await readFile(place.caFile) },
    logger: false,
  });
}

async function imapflow(place: Place, who: Mailbox): Promise<Outcome> {
  const client = await imapClient(place, who);
  client.on('error', () => undefined); // the rejected promise below says the same
  try {
    await client.connect();
    const status = await client.status('INBOX', { messages: true });
    await client.logout();
    return { accepted: true, said: JSON.stringify(status) };
  } catch (error) {
    client.close();
    return { accepted: false, said: words(error) };
  }
}

/** A nodemailer transport for this place. */
export async function mailTransport(place: Place, who: Mailbox): Promise<ReturnType<typeof createTransport>> {
  return createTransport({
    host: 'localhost',
    port: place.port,
    secure: place.tls === 'implicit',
    requireTLS: place.tls === 'starttls',
    auth: { user: who.name, pass: who.password },
    tls: { ca: await readFile(place.caFile) },
  });
}

async function nodemailer(place: Place, who: Mailbox, { to, content }: Letter): Promise<Outcome> {
  const transport = await mailTransport(place, who);
  try {
    const sent = await transport.sendMail({ envelope: { from: who.name, to: [to] }, raw: content });
    return { accepted: true, said: sent.response };
  } catch (error) {
    return { accepted: false, said: words(error) };
  } finally {
    transport.close();
  }
}

/** curl(1), its credentials on standard input. */
async function curl(protocol: Protocol, place: Place, who: Mailbox, letter?: Letter): Promise<Outcome> {
  const scheme = { imap: 'imap', pop3: 'pop3', submission: 'smtp' }[protocol];
  const url = `${scheme}${place.tls === 'implicit' ? 's' : ''}://localhost:${place.port}/`;
  return inDirectory('curl', async (file) => {
    const { to, content } = letter ?? shortLetter('curl', who);
    await writeFile(file('message'), content);
    const act = {
      imap: ['--request', 'STATUS INBOX (MESSAGES)'],
      pop3: [],
      submission: ['--mail-from', who.name, '--mail-rcpt', to, '--upload-file', file('message')],
    }[protocol];
    const finished = await run(
      'curl',
      ['--config', '-', '-sS', '-v', '--max-time', '20', '--cacert', place.caFile, '--ssl-reqd', ...act, url],
      { input: `user = "${who.name}:${who.password.replaceAll(/["\\]/g, String.raw`\$&`)}"\n` },
    );
    return outcome(finished);
  });
}

async function mbsync(place: Place, who: Mailbox): Promise<Outcome> {
  return inDirectory('mbsync', async (file) => {
    const configuration = `
IMAPAccount gateway
Host localhost
Port ${place.port}
User ${who.name}
PassCmd "cat ${file('password')}"
SSLType ${place.tls === 'implicit' ? 'IMAPS' : 'STARTTLS'}
SystemCertificates no
CertificateFile ${place.caFile}

IMAPStore there
Account gateway

MaildirStore here
Path ${file('')}
Inbox ${file('INBOX')}

Channel inbox
Far :there:
Near :here:
Create Near
Sync Pull
SyncState *
`;
    await writeFile(file('password'), who.password);
    await writeFile(file('mbsyncrc'), configuration, { mode: 0o600 });
    return outcome(await run('mbsync', ['-c', file('mbsyncrc'), '-V', '-a']));
  });
}

async function fetchmail(protocol: 'imap' | 'pop3', place: Place, who: Mailbox): Promise<Outcome> {
  return inDirectory('fetchmail', async (file) => {
    // "TLS1.2+" without "ssl" makes STARTTLS a must.
    const tls = place.tls === 'implicit' ? 'ssl' : 'sslproto "TLS1.2+"';
    const configuration =
      `poll localhost service ${place.port} protocol ${protocol} timeout 20\n` +
      `user "${who.name}" password "${hex(who.password)}" ${tls} sslcertck sslcertfile "${place.caFile}"\n` +
      `keep fetchall mda "cat >> ${file('mail')}"\n`;
    await writeFile(file('fetchmailrc'), configuration, { mode: 0o600 });
    const files = ['--fetchmailrc', file('fetchmailrc'), '--pidfile', file('pid')];
    const finished = await run('fetchmail', ['-v', '--nodetach', '--nosyslog', ...files], {
      env: { FETCHMAILHOME: file('') },
    });
    return outcome(finished, [0, 1]); // 1: there was no mail
  });
}

async function swaks(place: Place, who: Mailbox, { to, content }: Letter): Promise<Outcome> {
  const options = {
    server: `localhost:${place.port}`,
    'tls-ca-path': place.caFile,
    timeout: '20',
    auth: 'LOGIN',
    'auth-user': who.name,
    'auth-password': who.password,
    from: who.name,
    to,
    data: '-',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const tls = place.tls === 'implicit' ? '--tlsc' : '--tls';
  return outcome(await run('swaks', [tls, '--tls-verify', ...args], { input: content }));
}

async function msmtp(place: Place, who: Mailbox, { to, content }: Letter): Promise<Outcome> {
  return inDirectory('msmtp', async (file) => {
    await writeFile(file('password'), who.password);
    const finished = await run(
      'msmtp',
      [
        '--host=localhost',
        `--port=${place.port}`,
        '--tls=on',
        `--tls-starttls=${onOff(place.tls === 'starttls')}`,
        `--tls-trust-file=${place.caFile}`,
        '--auth=plain',
        `--user=${who.name}`,
        '--timeout=20',
        `--passwordeval=cat ${file('password')}`,
        `--from=${who.name}`,
        '--',
        to,
      ],
      { input: content },
    );
    return outcome(finished);
  });
}

async function smtplib(place: Place, who: Mailbox, { to, content }: Letter): Promise<Outcome> {
  return inDirectory('smtplib', async (file) => {
    await writeFile(file('message'), content);
    return python('submission', place, who, [to, file('message')]);
  });
}

async function python(
  protocol: Protocol,
  place: Place,
  who: Mailbox,
  letter: readonly string[] = [],
): Promise<Outcome> {
  const script = join(import.meta.dirname, '../interop/python/login.py');
  const finished = await run(
    '/usr/bin/python3',
    [script, protocol, place.tls, `${place.port}`, place.caFile, who.name, ...letter],
    { input: who.password },
  );
  if (finished.code !== 0) throw new Error(`login.py ended with ${finished.code}:\n${finished.stderr}`);
  const answer: unknown = JSON.parse(finished.stdout);
  if (typeof answer !== 'object' || answer === null || !('accepted' in answer) || !('said' in answer)) {
    throw new Error(`login.py printed ${finished.stdout}`);
  }
  return { accepted: answer.accepted === true, said: String(answer.said) };
}

function outcome({ code, stdout, stderr }: Finished, good: readonly (number | string)[] = [0]): Outcome {
  return { accepted: good.includes(code), said: `${stdout}\n${stderr}` };
}

/** Text for fetchmail's configuration: its quoted strings can hold a quotation mark only as a number. */
function hex(text: string): string {
  return text.replaceAll(/["\\]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`);
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}

/** imapflow and nodemailer keep the server's words beside the message. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = ['responseText', 'response', 'serverResponseCode', 'code'].map((name) =>
    name in error ? String(Reflect.get(error, name)) : '',
  );
  return [error.message, ...own].join(' ');
}

async function inDirectory<T>(name: string, act: (file: (name: string) => string) => Promise<T>): Promise<T> {
  const directory = await temporaryDirectory(name);
  try {
    return await act((file) => join(directory.path, file));
  } finally {
    await directory.remove();
  }
}
