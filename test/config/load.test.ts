import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadSettings, readConfiguration } from '#config/load.ts';
import { isFault } from '#core/fault.ts';
import type { Settings } from '#config/settings.ts';
import type { GatewaySettings } from '#gateway/ports/settings.ts';
import { newKeyLine } from '#policy/secrets/keyring.ts';
import type { StoreSettings } from '#store/open.ts';
import { createAuthority } from '../support/certificates.ts';
import type { Limits } from '#policy/ports/logins.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-config-'));
after(() => rmSync(folder, { recursive: true }));

const authority = await createAuthority(folder, 'config');
const leaf = await authority.issue(['mail.example.org']);
const other = await authority.issue(['other.example.org']);
const expired = await authority.issue(['old.example.org'], 'expired');
chmodSync(leaf.keyFile, 0o600);
chmodSync(other.keyFile, 0o600);

const keysFile = join(folder, 'keys');
writeFileSync(keysFile, `${newKeyLine()}\n`, { mode: 0o600 });

const NOW = Date.now();

const MINIMAL = `
hostname: mail.example.org
tls: { certificates: [{ cert_file: ${leaf.certFile}, key_file: ${leaf.keyFile} }] }
listeners:
  - { protocol: imap }
  - { protocol: submission, tls: starttls }
  - { protocol: sieve }
backends:
  main:
    hosts: [mail.internal]
    impersonation: { kind: master-user, user: postern, password: for-tests-only }
    imap: {}
    submission: { impersonation: { kind: xclient }, tls: starttls }
    sieve: {}
domains:
  example.org: { backend: main }
store: { path: postern.db, kind: embedded }
keys_file: ${keysFile}
`;

function write(text: string, name = 'postern.yaml'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function settings(text: string, environment: Record<string, string> = {}): Settings {
  return loadSettings({ file: write(text), environment, now: NOW }).settings;
}

function remarks(text: string): readonly string[] {
  return loadSettings({ file: write(text), environment: {}, now: NOW }).remarks.map((line) =>
    line.replaceAll(`${folder}/`, ''),
  );
}

function faults(text: string, environment: Record<string, string> = {}): readonly string[] {
  const read = readConfiguration({ file: write(text), environment, now: NOW });
  return read.kind === 'usable' ? [] : read.faults.map((line) => line.replaceAll(`${folder}/`, ''));
}

test('the settings fit what the gateway and the policy ask for', () => {
  const { gateway, policy }: { gateway: GatewaySettings; policy: { limits: Limits } } = settings(MINIMAL);
  assert.equal(gateway.hostname, 'mail.example.org');
  assert.equal(policy.limits.accountFailures, 20);
});

test('a short configuration is filled in: ports, names, client addresses, limits', () => {
  const { gateway, workers, store } = settings(MINIMAL);
  assert.equal(workers, 'auto');
  assert.deepEqual(
    gateway.listeners.map(({ name, address, port, tls }) => ({ name, address, port, tls })),
    [
      { name: 'imap-993', address: '::', port: 993, tls: 'implicit' },
      { name: 'submission-587', address: '::', port: 587, tls: 'starttls' },
      { name: 'sieve-4190', address: '::', port: 4190, tls: 'starttls' },
    ],
  );
  const [main] = gateway.backends;
  assert.equal(main?.services['imap']?.port, 993);
  assert.equal(main?.services['imap']?.clientAddress, 'id');
  assert.equal(main?.services['submission']?.impersonation.kind, 'xclient');
  assert.equal(main?.services['submission']?.clientAddress, 'xclient');
  assert.equal(main?.services['sieve']?.clientAddress, 'none');
  assert.equal(main?.services['pop3'], undefined);
  assert.equal(gateway.identity.masterUserSeparator, '*');
  assert.equal(gateway.limits.relayIdleMs.imap, 2_100_000);
  assert.equal(gateway.defaultBackend, '');
  assert.deepEqual(gateway.domainBackends, { 'example.org': 'main' });
  assert.deepEqual(store, { kind: 'embedded', path: join(folder, 'postern.db') });
});

test('a secret comes from its file without the newline at its end, and shows in no print of the settings', () => {
  writeFileSync(join(folder, 'master.secret'), '  spaces stay \n', { mode: 0o600 });
  const read = settings(MINIMAL.replace('password: for-tests-only', 'password_file: master.secret'));
  const impersonation = read.gateway.backends[0]?.services['imap']?.impersonation;
  assert.ok(impersonation?.kind === 'master-user');
  assert.equal(impersonation.password.expose(), '  spaces stay ');
  assert.doesNotMatch(JSON.stringify(read), /spaces stay/);
});

test('a Redis is named by its address, its sentinels or some of its nodes', () => {
  const store = (yaml: string): StoreSettings =>
    settings(MINIMAL.replace(/store: .*/, `store: { kind: redis, ${yaml} }`)).store;
  const topology = (yaml: string) => {
    const opened = store(yaml);
    return opened.kind === 'redis' ? opened.topology : undefined;
  };
  assert.deepEqual(store('url: redis://localhost'), {
    kind: 'redis',
    topology: { kind: 'standalone', server: { host: 'localhost', port: 6379 } },
    username: undefined,
    password: undefined,
    database: 0,
    tls: undefined,
    commandTimeoutMs: 1000,
    keyPrefix: 'postern:1:',
  });
  assert.deepEqual(topology("url: 'redis://[::1]:7000'"), { kind: 'standalone', server: { host: '::1', port: 7000 } });
  assert.deepEqual(topology("sentinels: { master: mymaster, hosts: ['[::1]:26379', 'b:26380'] }"), {
    kind: 'sentinel',
    sentinels: [
      { host: '::1', port: 26_379 },
      { host: 'b', port: 26_380 },
    ],
    name: 'mymaster',
    username: undefined,
    password: undefined,
  });
  assert.deepEqual(topology("cluster: ['a:7000']"), { kind: 'cluster', nodes: [{ host: 'a', port: 7000 }] });
});

test('a Redis is asked for TLS by its address or by a section of its own', () => {
  const tls = (yaml: string) => {
    const { store } = settings(MINIMAL.replace(/store: .*/, `store: { kind: redis, ${yaml} }`));
    return store.kind === 'redis' ? store.tls : undefined;
  };
  const nothing = { ca: undefined, cert: undefined, key: undefined, serverName: undefined };
  assert.deepEqual(tls('url: rediss://localhost'), nothing);
  const own = tls(`url: redis://localhost, tls: { ca_file: ${authority.caFile}, serverName: redis.internal }`);
  assert.equal(own?.ca, readFileSync(authority.caFile, 'utf8'));
  assert.equal(own?.serverName, 'redis.internal');
});

test('the environment overrides the file, and text stays text', () => {
  const read = settings(MINIMAL, {
    POSTERN_HOSTNAME: 'mx.example.org',
    POSTERN_WORKERS: '3',
    POSTERN_LISTENERS__1__PORT: '1587',
    POSTERN_LISTENERS__0__PROXY_PROTOCOL_FROM: '[10.0.0.0/8]',
    POSTERN_BACKENDS__MAIN__IMPERSONATION__PASSWORD: '0123',
    POSTERN_DOMAINS__EXAMPLE_ORG__BACKEND: 'main',
    POSTERN_LIMITS__RELAYIDLESECONDS__IMAP: '3600',
    POSTERN_TLS__MINVERSION: 'TLSv1.3',
  });
  assert.equal(read.gateway.hostname, 'mx.example.org');
  assert.equal(read.workers, 3);
  assert.equal(read.gateway.listeners[1]?.port, 1587);
  assert.deepEqual(read.gateway.listeners[0]?.proxyProtocolFrom, ['10.0.0.0/8']);
  const impersonation = read.gateway.backends[0]?.services['imap']?.impersonation;
  assert.equal(impersonation?.kind === 'master-user' && impersonation.password.expose(), '0123');
  assert.deepEqual(Object.keys(read.gateway.domainBackends), ['example.org']);
  assert.equal(read.gateway.limits.relayIdleMs.imap, 3_600_000);
  assert.equal(read.gateway.tls.minVersion, 'TLSv1.3');
});

test('a fault that comes from the environment names the variable', () => {
  assert.deepEqual(faults(MINIMAL, { POSTERN_LISTENERS__0__PORT: 'many', POSTERN_LOG__LEVEL: 'loud' }), [
    'environment variable POSTERN_LISTENERS__0__PORT: listeners[0].port: must be a whole number from 1 to 65535',
    'environment variable POSTERN_LOG__LEVEL: log.level: must be debug, info, warn or error',
  ]);
});

test('a variable that names no setting is a fault where it was meant to, and none of ours otherwise', () => {
  assert.deepEqual(
    faults(MINIMAL, {
      POSTERN_HOSTNAM: 'x',
      POSTERN_STORE__PATHS: 'x',
      POSTERN_LISTENERS__FIRST__PORT: '1',
      POSTERN_CONFIG: '/etc/postern.yaml',
      POSTERN_SERVICE_HOST: '10.0.0.1',
      POSTERN_PORT_143_TCP_ADDR: '10.0.0.1',
      POSTERN_WHATEVER: 'x',
    }),
    [
      'environment variable POSTERN_HOSTNAM: names no setting; did you mean POSTERN_HOSTNAME?',
      'environment variable POSTERN_LISTENERS__FIRST__PORT: names no setting',
      'environment variable POSTERN_STORE__PATHS: names no setting; did you mean POSTERN_STORE__PATH?',
    ],
  );
});

test('the environment can give a section that the file lacks', () => {
  const read = settings(MINIMAL.replace(/store: .*/, ''), {
    POSTERN_STORE__KIND: 'redis',
    POSTERN_STORE__URL: 'redis://localhost',
  });
  assert.equal(read.store.kind, 'redis');
});

test('mail goes through the relay with what it needs, and nowhere without one', () => {
  assert.equal(settings(MINIMAL).mail, undefined);
  const bare = settings(MINIMAL.concat('mail: { host: smtp.example.net, from: postern@example.org }\n')).mail;
  assert.deepEqual(
    [bare?.port, bare?.tls, bare?.from],
    [587, 'starttls', { address: 'postern@example.org', name: 'mail.example.org' }],
  );
  writeFileSync(join(folder, 'smtp.password'), 'for-tests-only\n', { mode: 0o600 });
  const full = settings(
    MINIMAL.concat(
      'mail: { host: "::1", tls: implicit, user: u, password_file: smtp.password, from: p@example.org, fromName: Mail }\n',
    ),
  ).mail;
  assert.deepEqual(
    [full?.port, full?.user, full?.password?.expose(), full?.from.name],
    [465, 'u', 'for-tests-only', 'Mail'],
  );
});

test('admins are named with their domains and role', () => {
  assert.deepEqual(settings(MINIMAL).admins, []);
  const named =
    'portal: { admins: [{ account: a@example.org, domains: all }, { account: b@example.org, domains: [example.org], role: help-desk }] }\n';
  assert.deepEqual(settings(MINIMAL.concat(named)).admins, [
    { account: 'a@example.org', domains: 'all', role: 'admin' },
    { account: 'b@example.org', domains: ['example.org'], role: 'help-desk' },
  ]);
});

test('an admin is known by the name that it signs in with, however it is written', () => {
  const named = MINIMAL.concat('portal: { admins: [{ account: Alice@example.org, domains: all }] }\n');
  assert.equal(settings(named).admins[0]?.account, 'alice@example.org');
  const asIs = named.concat('identity: { localPart: as-is }\n');
  assert.equal(settings(asIs).admins[0]?.account, 'Alice@example.org');
});

test('a certificate that does not go with its key is a fault', () => {
  const mixed = MINIMAL.replace(leaf.keyFile, other.keyFile);
  const column = (mixed.split('\n')[2]?.indexOf('key_file') ?? 0) + 1;
  assert.deepEqual(faults(mixed), [
    `postern.yaml:3:${column}: tls.certificates[0].key_file: does not belong to the certificate in cert_file`,
  ]);
});

test('a key file that holds no keys is a fault, with its line, beside all others', () => {
  const garbage = join(folder, 'garbage.keys');
  writeFileSync(garbage, '# ours\nnot a key at all\n', { mode: 0o600 });
  const [first = '', second = '', ...more] = faults(
    MINIMAL.replace(keysFile, garbage).replace(leaf.keyFile, other.keyFile),
  );
  assert.match(first, /tls\.certificates\[0\]\.key_file: does not belong to the certificate/);
  assert.match(second, /^postern\.yaml:\d+:\d+: keys_file: holds no usable master keys: .*line 2.*garbage\.keys\)$/);
  assert.deepEqual(more, []);
  writeFileSync(garbage, '');
  assert.match(
    faults(MINIMAL.replace(keysFile, garbage)).join('\n'),
    /keys_file: holds no usable master keys: .*no key/,
  );
});

test('remarks name what is allowed and unwise', () => {
  chmodSync(expired.keyFile, 0o644);
  const unwise = MINIMAL.replaceAll(leaf.certFile, expired.certFile)
    .replace(leaf.keyFile, expired.keyFile)
    .replace(`keys_file: ${keysFile}`, 'keys_file: missing.keys')
    .replace('imap: {}', 'imap: { tls: none }\n    allowPlaintext: true')
    .concat('limits: { relayIdleSeconds: { imap: 60 } }\nmetrics: { address: 10.0.0.1 }\n')
    .replace(
      'domains:',
      '  idle: { hosts: [::1], imap: { port: 1993 }, impersonation: { kind: authzid, user: a, password: b } }\ndomains:',
    );
  const said = remarks(unwise).map((line) => line.replace(/^postern\.yaml:\d+:\d+: /, ''));
  assert.equal(
    said[0],
    'hostname: no certificate is for mail.example.org: whoever connects by this name is warned or refused',
  );
  assert.match(said[1] ?? '', /^tls\.certificates\[0\]\.cert_file: expired on .*: renew it$/);
  assert.deepEqual(said.slice(2), [
    `tls.certificates[0].key_file: everybody on this machine may read it: chmod o-r ${expired.keyFile.replace(`${folder}/`, '')}`,
    'backends.main.imap.tls: every password goes to mail.internal in clear',
    'backends.idle: no domain uses backends.idle',
    'keys_file: there is no missing.keys that we could read: make it with `postern key new`',
    'limits.relayIdleSeconds.imap: the standard asks for at least 1800: mail programs may lose their connection',
    'metrics.address: whoever reaches this address reads the metrics without a password: let the network keep others away',
  ]);
});

test('a port that means another TLS than is spoken there, and a portal without a certificate, are remarked on', () => {
  const odd = MINIMAL.replace(
    'imap: {}',
    'imap: { port: 993, tls: none }\n    pop3: { port: 110, tls: implicit }\n    allowPlaintext: true',
  ).concat('portal: { url: "https://portal.example.org", listen: [{ port: 8443 }] }\n');
  const said = remarks(odd).map((line) => line.replace(/^postern\.yaml:\d+:\d+: /, ''));
  assert.deepEqual(
    said.filter((line) => !line.startsWith('tls.')),
    [
      'backends.main.imap.tls: on port 993 servers speak TLS from the first byte: say implicit',
      'backends.main.imap.tls: every password goes to mail.internal in clear',
      'backends.main.pop3.tls: on port 110 servers begin in clear: say starttls, or give another port',
      'portal.url: no certificate is for portal.example.org: whoever connects by this name is warned or refused',
    ],
  );
});

test('a certificate that is about to expire is remarked on', () => {
  assert.match(remarks(MINIMAL)[0] ?? '', /cert_file: expires in \d days: renew it$/);
});

test('a configuration that is not there is one clear line', () => {
  const read = readConfiguration({ file: '/no/such/postern.yaml', environment: {}, now: NOW });
  assert.deepEqual(read, {
    kind: 'faulty',
    faults: ['/no/such/postern.yaml: there is no such file: name the configuration with --config'],
  });
});

test('loading a faulty configuration throws all of its faults', () => {
  const file = write(MINIMAL.replace('imap }', 'imaps }').replace('sieve }', 'sive }'));
  assert.throws(
    () => loadSettings({ file, environment: {}, now: NOW }),
    (error) => isFault(error, 'CONFIG_INVALID') && error.message.split('\n').length === 2,
  );
});

test('a user template without the domain may serve one domain, and no more', () => {
  const bare = MINIMAL.replace('hosts: [mail.internal]', "hosts: [mail.internal]\n    userTemplate: '%n'");
  assert.equal(settings(bare).gateway.backends[0]?.userTemplate, '%n');
  assert.match(faults(bare.replace('domains:', 'domains:\n  example.net: { backend: main }'))[0] ?? '', /only one of/);
});
