/**
 * Every mail server that the tests start, behind one gateway, each by every kind of TLS that it has: a domain for each
 * pair, with three people in it. What the servers themselves wrote about logins says who was let in.
 */

import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Protocol } from '#core/protocols.ts';
import { createAuthority, LOOPBACK_NAMES, type Leaf } from './certificates.ts';
import { startCyrus, type Cyrus } from './cyrus.ts';
import { AS_ANNA, startDemoMailServer, type DemoMailServer } from './demo-mail-server.ts';
import { startDovecot, type Dovecot, type Mailbox } from './dovecot.ts';
import { enrol } from './enrolment.ts';
import { startExim, type Exim } from './exim.ts';
import { startGateway, type Gateway, type Yaml } from './gateway.ts';
import { postfixPorts, startPostfix, type Postfix } from './postfix.ts';
import { runOk, temporaryDirectory } from './processes.ts';
import { startSaslauthd } from './saslauthd.ts';

/** One server by one kind of TLS: what it is called in the names of tests, and its domain. */
export interface Peer {
  readonly name: string;
  readonly domain: string;
  readonly protocols: readonly Protocol[];
  /** Does bob come in with an app password, and the gateway by the impersonation? Else his password is forwarded. */
  readonly impersonated: boolean;
  readonly backend: Yaml;
  /** Everybody whom the server says it has let in for this protocol, one name for each login or mail of theirs. */
  letIn(protocol: Protocol): readonly string[];
  /** Does it say so once for each login? */
  readonly eachLogin: boolean;
}

export interface SecondLoginWorld {
  readonly gateway: Gateway;
  readonly servers: Servers;
  readonly peers: readonly Peer[];
  /** bob's way in at the gateway: his app password, or his ordinary one. */
  bobOf(peer: Peer): Mailbox;
  stop(): Promise<void>;
}

type Tls = 'none' | 'starttls' | 'implicit';
const TLS = ['none', 'starttls', 'implicit'] as const satisfies readonly Tls[];
const MASTER: Mailbox = { name: 'gateway', password: 'master of all' };
const DOVECOT_MASTER = { kind: 'master-user', user: MASTER.name, password: MASTER.password } as const;
const DEMO_MASTER_PASSWORD = AS_ANNA.pass;
const CYRUS_PROXY: Mailbox = { name: 'proxy@cyrus.test', password: 'proxy of all' };
const PASSWORDS = { anna: 'ordinary-of-anna', bob: 'ordinary-of-bob', carl: 'ordinary-of-carl' } as const;

/** anna has enrolled; bob has where he is impersonated; carl has not. With their ordinary passwords. */
export function person(who: keyof typeof PASSWORDS, { domain }: Pick<Peer, 'domain'>): Mailbox {
  return { name: `${who}@${domain}`, password: PASSWORDS[who] };
}

interface Servers {
  readonly dovecot: Dovecot;
  readonly postfix: Readonly<Record<'off' | 'may' | 'hidden' | 'mended', Postfix>>;
  readonly exim: Exim;
  readonly cyrus: Cyrus;
  readonly demo: DemoMailServer;
}

// Known before their servers are, for the servers must know the names of the people.
const DOMAINS = [
  ...TLS.flatMap((tls) => [`dovecot-${tls}.test`, `cyrus-${tls}.test`, `exim-${tls}.test`]),
  ...['off-none', 'may-none', 'may-starttls', 'may-implicit', 'hidden-none', 'hidden-implicit', 'mended-none'].flatMap(
    (kind) => [`postfix-${kind}.test`, `postfix-${kind}-forwarded.test`],
  ),
  'cyrus-proxy.test',
  'dovecot-forwarded.test',
  'demo.test',
];

/** Starts all of it and sets up everybody. */
export async function startSecondLoginWorld(): Promise<SecondLoginWorld> {
  const directory = await temporaryDirectory('second-login');
  const authority = await createAuthority(directory.path, 'second');
  const certificate = await authority.issue(LOOPBACK_NAMES);
  const broken = await createBrokenCertificate(directory.path);
  const { servers, stop: stopServers } = await startServers(certificate, broken);
  const peers = peersOf(servers);
  const gateway = await startGateway({
    backends: Object.fromEntries(
      peers.map(({ domain, backend }) => [
        nameOf(domain),
        { hosts: ['localhost'], ca_file: authority.caFile, ...backend },
      ]),
    ),
    certificates: [certificate],
    caFile: authority.caFile,
    protocols: [],
    listeners: (['imap', 'pop3', 'submission', 'sieve'] as const).map((protocol) => ({
      name: protocol,
      protocol,
      tls: 'none',
      plaintextLogin: true,
    })),
    settings: {
      limits: { maxConnectionsPerNetwork: 10_000, drainSeconds: 1 },
      domains: Object.fromEntries(peers.map(({ domain }) => [domain, { backend: nameOf(domain) }])),
    },
  });
  for (const { domain } of peers.filter((peer) => peer.domain.includes('-mended-'))) {
    await gateway.logged('backend.tls-failed', { backend: nameOf(domain) });
  }
  await copyFile(certificate.keyFile, broken.keyFile);
  await copyFile(certificate.certFile, broken.certFile);
  const bobs = new Map<Peer, Mailbox>();
  for (const peer of peers) {
    await gateway.cli('domain', 'set', peer.domain, 'enabled', '--yes');
    await enrol(gateway, person('anna', peer).name);
    const bob = person('bob', peer);
    bobs.set(peer, peer.impersonated ? { ...bob, password: await enrol(gateway, bob.name) } : bob);
  }
  return {
    gateway,
    servers,
    peers,
    bobOf: (peer) => bobs.get(peer) ?? person('bob', peer),
    stop: async () => {
      await gateway.stop();
      await stopServers();
      await directory.remove();
    },
  };
}

function nameOf(domain: string): string {
  return domain.replace('.test', '');
}

/** On a curve that neither the gateway nor the attacker takes, so that every handshake fails. */
async function createBrokenCertificate(directory: string): Promise<Leaf> {
  const [certFile, keyFile] = [join(directory, 'broken.pem'), join(directory, 'broken.key')];
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -nodes';
  await runOk('openssl', `req -x509 ${key} -days 1 -subj /CN=broken -keyout ${keyFile} -out ${certFile}`.split(' '));
  return { certFile, keyFile };
}

async function startServers(certificate: Leaf, broken: Leaf): Promise<{ servers: Servers; stop: () => Promise<void> }> {
  const people = DOMAINS.flatMap((domain) => (['anna', 'bob', 'carl'] as const).map((who) => person(who, { domain })));
  const mailboxes = people.map(({ name }) => name);
  const ports = await postfixPorts();
  const dovecot = await startDovecot({
    certificate,
    users: [...people, CYRUS_PROXY],
    master: MASTER,
    compress: true,
    relayPort: ports.relay,
  });
  const { mailDirectory } = dovecot;
  const mta = { certificate, mailboxes, mailDirectory, saslPort: dovecot.ports.auth };
  const saslauthd = await startSaslauthd(dovecot.ports.imap);
  const asking = { saslauthd: saslauthd.directory, certificate, plaintext: true };
  const [off, may, hidden, mended, exim, cyrus, demo] = await Promise.all([
    startPostfix({ ...mta, ports, settings: new Map([['smtpd_tls_security_level', 'none']]) }),
    startPostfix(mta),
    startPostfix({ ...mta, settings: new Map([['smtpd_discard_ehlo_keywords', 'starttls']]) }),
    // Processes that have seen the certificate before it is mended end while people are enrolled.
    startPostfix({ ...mta, certificate: broken, settings: new Map([['max_idle', '1s']]) }),
    startExim(asking),
    startCyrus({ ...asking, proxy: CYRUS_PROXY.name }),
    startDemoMailServer(Object.fromEntries(people.map(({ name, password }) => [name, password]))),
  ]);
  const all = [exim, cyrus, demo, saslauthd, off, may, hidden, mended, dovecot];
  return {
    servers: { dovecot, postfix: { off, may, hidden, mended }, exim, cyrus, demo },
    stop: async () => void (await Promise.all(all.map((server) => server.stop()))),
  };
}

function peersOf(servers: Servers): readonly Peer[] {
  const { dovecot, exim, cyrus, demo } = servers;
  return [
    ...TLS.map((tls) => dovecotPeer(dovecot, tls, true)),
    dovecotPeer(dovecot, 'none', false),
    ...[true, false].flatMap((impersonated) => [
      postfixPeer(servers, 'off', 'none', impersonated),
      ...TLS.map((tls) => postfixPeer(servers, 'may', tls, impersonated)),
      postfixPeer(servers, 'hidden', 'none', impersonated),
      postfixPeer(servers, 'hidden', 'implicit', impersonated),
      // Its TLS failed when the gateway tried it, so the gateway does without. An attacker need not.
      postfixPeer(servers, 'mended', 'none', impersonated),
    ]),
    ...TLS.map((tls): Peer => {
      const domain = `exim-${tls}.test`;
      const port = tls === 'implicit' ? exim.implicitTls : exim.port;
      const submission = { port, tls };
      const backend = { impersonation: DOVECOT_MASTER, submission };
      const rest = { name: `Exim, ${tls}`, domain, backend, impersonated: false, eachLogin: true };
      return { ...rest, protocols: ['submission'], letIn: () => askedFor(dovecot, domain) };
    }),
    ...TLS.map((tls) => cyrusPeer(cyrus, dovecot, tls, false)),
    cyrusPeer(cyrus, dovecot, 'none', true),
    demoPeer(demo),
  ];
}

function dovecotPeer(dovecot: Dovecot, tls: Tls, impersonated: boolean): Peer {
  const domain = impersonated ? `dovecot-${tls}.test` : 'dovecot-forwarded.test';
  const port = (protocol: Protocol): number =>
    dovecot.ports[tls === 'implicit' ? (`${protocol}Tls` as const) : protocol];
  const clientAddress = 'xclient';
  return {
    name: `Dovecot, ${tls}${impersonated ? '' : ', forwarded'}`,
    domain,
    impersonated,
    protocols: ['imap', 'pop3', 'submission', 'sieve'],
    backend: {
      impersonation: DOVECOT_MASTER,
      imap: { port: port('imap'), tls },
      pop3: { port: port('pop3'), tls, clientAddress },
      submission: { port: port('submission'), tls, clientAddress },
      sieve: { port: port('sieve'), tls, clientAddress },
    },
    letIn: (protocol) => loggedInAt(dovecot, protocol, domain),
    eachLogin: true,
  };
}

function postfixPeer(
  { dovecot, postfix }: Servers,
  kind: keyof Servers['postfix'],
  tls: Tls,
  impersonated: boolean,
): Peer {
  const domain = `postfix-${kind}-${tls}${impersonated ? '' : '-forwarded'}.test`;
  const server = postfix[kind];
  const port = tls === 'implicit' ? server.ports.submissionTls : server.ports.submission;
  return {
    name: `Postfix, STARTTLS ${kind}, ${tls}${impersonated ? '' : ', forwarded'}`,
    domain,
    impersonated,
    protocols: ['submission'],
    backend: {
      impersonation: DOVECOT_MASTER,
      imap: { port: dovecot.ports.imap, tls: 'none' },
      submission: { port, tls, ...(impersonated ? { impersonation: { kind: 'xclient' } } : {}) },
    },
    letIn: () => found(server.log(), /sasl_username=([^,\s]+)/g, domain),
    eachLogin: false,
  };
}

function cyrusPeer({ port, imapTls, sieve }: Cyrus, dovecot: Dovecot, tls: Tls, impersonated: boolean): Peer {
  const domain = impersonated ? 'cyrus-proxy.test' : `cyrus-${tls}.test`;
  return {
    name: `Cyrus, ${impersonated ? 'by a proxy account' : tls}`,
    domain,
    impersonated,
    protocols: ['imap'],
    backend: {
      impersonation: { kind: 'authzid', user: CYRUS_PROXY.name, password: CYRUS_PROXY.password },
      imap: { port: tls === 'implicit' ? imapTls : port, tls },
      ...(tls === 'implicit' ? {} : { sieve: { port: sieve, tls } }),
    },
    letIn: () => askedFor(dovecot, domain),
    eachLogin: !impersonated,
  };
}

// It writes no log. Who was in it shows by what its mailboxes have and lack.
const DEMO_TRACES = {
  imap: "SELECT account FROM folder WHERE path = 'Reached'",
  pop3: "SELECT account FROM folder WHERE path = 'INBOX' AND id NOT IN (SELECT folder FROM message)",
  submission: `SELECT account FROM folder JOIN message ON message.folder = folder.id
    WHERE instr(raw, CAST('Return-Path: <' || account || '>' AS BLOB)) = 1`,
} as const;

function demoPeer({ imap, pop3, submission, database }: DemoMailServer): Peer {
  const domain = 'demo.test';
  const tls = 'none';
  return {
    name: 'the demo',
    domain,
    impersonated: true,
    protocols: ['imap', 'pop3', 'submission'],
    backend: {
      impersonation: { kind: 'master-user', user: MASTER.name, password: DEMO_MASTER_PASSWORD },
      imap: { port: imap, tls },
      pop3: { port: pop3, tls },
      submission: { port: submission, tls },
    },
    letIn: (protocol) => {
      const mailboxes = new DatabaseSync(database, { readOnly: true });
      const rows = mailboxes.prepare(DEMO_TRACES[protocol === 'sieve' ? 'imap' : protocol]).all();
      mailboxes.close();
      return rows.map(({ account }) => String(account)).filter((name) => name.endsWith(`@${domain}`));
    },
    eachLogin: false,
  };
}

/** Over IMAP, saslauthd asks Dovecot whether a password is right: each login at Exim and Cyrus is one at Dovecot. */
function askedFor(dovecot: Dovecot, domain: string): readonly string[] {
  return loggedInAt(dovecot, 'imap', domain);
}

function loggedInAt(dovecot: Dovecot, protocol: Protocol, domain: string): readonly string[] {
  const service = protocol === 'sieve' ? 'managesieve' : protocol;
  return found(dovecot.log(), new RegExp(`${service}-login: (?:Info: )?Login: user=<([^>]*)>`, 'g'), domain);
}

function found(log: string, pattern: RegExp, domain: string): readonly string[] {
  const names = [...log.matchAll(pattern)].map(([, name = '']) => name);
  return names.filter((name) => name.endsWith(`@${domain}`));
}
