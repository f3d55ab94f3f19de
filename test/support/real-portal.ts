/**
 * The whole of it for a real browser: the gateway with its portal as a process of its own, a real Dovecot behind it, and
 * a relay that keeps the mail that it is given.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import { setDomain } from '#policy/domains/domains.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { makeKeyring, newKeyLine } from '#policy/secrets/keyring.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { openStore } from '#store/open.ts';
import { createAuthority, LOOPBACK_NAMES } from './certificates.ts';
import { startDovecot, type Mailbox } from './dovecot.ts';
import { eventually, freePorts, start, temporaryDirectory } from './processes.ts';
import type { DomainRecord } from '#policy/ports/records.ts';

export interface RealPortal {
  readonly url: string;
  readonly imapPort: number;
  readonly caFile: string;
  /** Works on the same store as the gateway. */
  readonly context: PolicyContext;
  /** The code in the newest mail to this address that was not taken before. */
  mailedCode(to: string): Promise<string>;
  /** The newest mail to this address with this in its subject. */
  mailed(to: string, subject: string): Promise<string>;
  /** The gateway's log so far. */
  log(): string;
  stop(): Promise<void>;
}

const START_MS = 60_000;
const MASTER = { name: 'gateway', password: 'master-of-all' };
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts everything; `domains` are what their admins have chosen. */
export async function startRealPortal(
  users: readonly Mailbox[],
  domains: Readonly<Record<string, DomainRecord['mode']>>,
): Promise<RealPortal> {
  const directory = await temporaryDirectory('portal');
  const authority = await createAuthority(directory.path, 'portal');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const dovecot = await startDovecot({ certificate, users, master: MASTER });
  const relay = await startRelay();
  const [imapPort = 0, portalPort = 0, submissionPort = 0] = await freePorts(3);
  const file = (name: string): string => join(directory.path, name);
  const url = `https://localhost:${portalPort}`;
  const keys = newKeyLine();
  await writeFile(file('keys'), `${keys}\n`, { mode: 0o600 });
  await writeFile(
    file('postern.yaml'),
    JSON.stringify({
      hostname: 'localhost',
      workers: 1,
      listeners: [
        { protocol: 'imap', address: '127.0.0.1', port: imapPort, tls: 'implicit' },
        { protocol: 'submission', address: '127.0.0.1', port: submissionPort, tls: 'implicit' },
      ],
      tls: { certificates: [{ cert_file: certificate.certFile, key_file: certificate.keyFile }] },
      backends: {
        main: {
          hosts: ['127.0.0.1'],
          impersonation: { kind: 'master-user', user: MASTER.name, password: MASTER.password },
          imap: { port: dovecot.ports.imap, tls: 'none' },
          submission: { port: dovecot.ports.submission, tls: 'none' },
        },
      },
      defaultBackend: 'main',
      store: { kind: 'embedded', path: file('postern.db') },
      keys_file: file('keys'),
      policy: { issuer: 'Example Mail' },
      portal: { url, listen: [{ address: '127.0.0.1', port: portalPort }] },
      mail: { host: '127.0.0.1', port: relay.port, tls: 'none', from: 'postern@example.test' },
      limits: { drainSeconds: 1 },
    }),
  );
  const store = await openStore({ kind: 'embedded', path: file('postern.db') });
  const keyring = makeKeyring(parseKeyFile(keys));
  const context: PolicyContext = { store, keyring, clock: Date.now, issuer: 'Example Mail', maxAppPasswords: 50 };
  for (const [domain, mode] of Object.entries(domains)) await setDomain(context, 'test', domain, { mode });
  const gateway = start(process.execPath, [MAIN, 'serve', '--config', file('postern.yaml')]);
  // Chromium and Dovecot start at the same time: on a busy machine all three are slow.
  await gateway.line(/"event":"gateway\.started"/, START_MS);
  return {
    url,
    imapPort,
    caFile: authority.caFile,
    context,
    mailedCode: (to) => relay.code(to),
    mailed: (to, subject) => relay.mail(to, subject),
    log: () => gateway.output(),
    stop: async () => {
      await gateway.stop();
      await store.close();
      await Promise.all([dovecot.stop(), relay.stop()]);
      await directory.remove();
    },
  };
}

async function startRelay() {
  const mails: { readonly to: string; readonly text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        for (const { address } of session.envelope.rcptTo) mails.push({ to: address, text });
        done();
      });
    },
  });
  const [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    code: (to: string): Promise<string> =>
      eventually(`a code for ${to}`, () => {
        const at = mails.findLastIndex((mail) => mail.to === to && /^Subject:.*\b\d{6}\b/m.test(mail.text));
        const [mail] = at < 0 ? [] : mails.splice(at, 1);
        return mail === undefined ? undefined : /\b\d{6}\b/.exec(/^Subject:.*$/m.exec(mail.text)?.[0] ?? '')?.[0];
      }),
    mail: (to: string, subject: string): Promise<string> =>
      eventually(`a mail to ${to}`, () => {
        const found = mails.findLast(
          (mail) => mail.to === to && /^Subject:.*$/m.exec(mail.text)?.[0].includes(subject),
        );
        return found?.text;
      }),
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
