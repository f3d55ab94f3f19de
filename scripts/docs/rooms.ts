/**
 * The rooms of src, from the bottom up, and what each may import. A room is a folder with all below it, unless a folder
 * below has an entry of its own. The lint's directions and the table in docs/architecture.md are made from this list,
 * and test/architecture.test.ts holds every import of src against it, those of types included.
 */

export interface Room {
  /** Its folder below src; `main.ts` is the file itself. */
  readonly name: string;
  /** One phrase for a reader who looks for the place of something. */
  readonly holds: string;
  /** Rooms that stand before it in this list, or single files of them. */
  readonly may: readonly string[];
  /** Modules of Node and packages; `node:*` is any of Node's. */
  readonly libraries: readonly string[];
}

const FILES = ['node:fs', 'node:path'];
const PACKAGE = '../../package.json';
const WEB = ['fastify', '@fastify/*', 'zod', 'node:*'];

const BACKENDS = ['core', 'async', 'wire', 'protocol', 'transport', 'connection', 'ops'];
const GATEWAY = ['gateway/ports', 'gateway/limits', 'gateway/live'];
const SECRETS = ['core', 'policy/ports', 'policy/secrets'];
const CHANGES = [...SECRETS, 'policy/rules', 'policy/changes'];
const POLICY = [
  'ports',
  'secrets',
  'rules',
  'changes',
  'logins',
  'app-passwords',
  'domains',
  'factors',
  'admins',
  'accounts',
].map((name) => `policy/${name}`);
const OUTSIDE_PORTAL = ['core', ...POLICY, 'ops', 'web'];
const PORTAL = [
  'texts',
  'markup',
  'ports',
  'session',
  'http',
  'layout',
  'account',
  'app-passwords',
  'devices',
  'sign-in',
  'two-step',
  'admin',
].map((name) => `portal/${name}`);
const RUN = [
  'core',
  'runtime',
  'transport',
  'async',
  'wire',
  'config',
  'ops',
  'mail',
  'web',
  'sasl',
  'protocol',
  'connection',
  'backends',
  'gateway/ports',
  'gateway',
  'supervisor',
  ...POLICY,
  'store',
  'service',
  'portal/ports',
  'portal',
  'adapters',
];

export const ROOMS: readonly Room[] = [
  room('core', 'vocabulary: verdict, session, fault, secret, identity, network', [], ['node:url']),
  room('runtime', 'what differs between Bun and Node: environment, tracing channels', [], ['node:diagnostics_channel']),
  room('transport', 'sockets of Bun and Node', [], ['node:net', 'node:tls']),
  room('async', 'semaphore, timers, work that can be given up', ['core']),
  room('wire', 'framing of lines and commands, base64, the PROXY header', ['core']),
  room(
    'config',
    'the settings: schema, checks, loading',
    ['core'],
    ['zod', 'yaml', ...FILES, 'node:os', 'node:net', 'node:crypto'],
  ),
  room('ops', 'log, metrics, health', ['core'], ['pino', 'prom-client', 'node:*']),
  room('mail', 'mail to users and its wording', ['core', 'async'], ['nodemailer', 'node:crypto']),
  room('sasl', 'SASL exchanges', ['core', 'wire']),
  room('protocol', 'the dialogues: IMAP, POP3, submission, ManageSieve', ['core', 'wire', 'sasl']),
  room(
    'connection',
    'one socket in use: channel, certificates, file descriptors, limits on connections',
    ['core', 'async', 'transport'],
    ['node:*'],
  ),
  room('web', 'HTTP listeners of the portal and the policy service', ['core', 'connection'], ['node:*']),
  room('backends', 'the mail servers: choice, connections, login', BACKENDS, ['node:*']),
  room('gateway/ports', 'what the gateway is handed: settings, gatekeeper, live list', [
    'core',
    'connection',
    'backends',
  ]),
  room('gateway/limits', 'who may come in', ['core', 'async', 'ops', 'gateway/ports'], ['node:*']),
  room('gateway/live', 'who is connected, and revocation', ['core', 'async', 'ops', 'gateway/ports'], ['node:*']),
  room(
    'gateway',
    'listener, session before login, login, relay',
    [...BACKENDS, 'sasl', 'backends', ...GATEWAY],
    ['node:*'],
  ),
  room('supervisor', 'workers: starting, watching and ending them', ['core', 'ops', 'runtime'], ['node:*']),
  room('policy/ports', 'the store, records, logins: types, and the words that records are made of', ['core']),
  room(
    'policy/secrets',
    'values: keyring, app password, TOTP, fingerprint; no store',
    ['core', 'policy/ports'],
    ['node:crypto', 'otplib'],
  ),
  room('policy/rules', 'pure decisions: what an auditor reads', SECRETS),
  room('policy/changes', 'one way to change, audit and notify', SECRETS),
  room('policy/logins', 'the gatekeeper: every login on every protocol', [...CHANGES, 'async'], ['node:crypto']),
  room('policy/app-passwords', 'what users and operators do with app passwords', CHANGES, ['node:crypto']),
  room('policy/domains', 'what a domain chooses, and whom that concerns', CHANGES, ['node:crypto']),
  room(
    'policy/factors',
    'enrolment and factors, recovery, trusted browsers',
    [...CHANGES, 'policy/app-passwords'],
    ['node:crypto'],
  ),
  room(
    'policy/admins',
    'admins, their domains, tokens of the policy service',
    [...CHANGES, 'policy/domains'],
    ['node:crypto'],
  ),
  room(
    'policy/accounts',
    'an account as a whole',
    [...CHANGES, 'policy/app-passwords', 'policy/domains', 'policy/factors'],
    ['node:crypto'],
  ),
  room(
    'store',
    'Redis and the embedded store behind the ports of policy',
    ['core', 'async', 'ops', 'policy/ports'],
    ['zod', 'ioredis', 'node:sqlite', ...FILES, 'node:fs/promises', 'node:crypto', 'node:timers/promises'],
  ),
  room('bulk', 'import, export and restore', ['core', ...POLICY, 'store/records.ts'], ['zod', 'node:util']),
  room('service', 'the policy service: HTTP API, nginx, Dovecot, saslauthd', OUTSIDE_PORTAL, WEB),
  room('portal/texts', 'the words of the pages by language', OUTSIDE_PORTAL),
  room('portal/markup', 'HTML as values: escaping, fields, icons, times', portal(1), ['qrcode', 'node:*']),
  room('portal/ports', 'what the portal is handed', portal(1), ['node:*']),
  room('portal/session', 'signed-in browsers, and what is shown once', portal(3), ['node:*']),
  room('portal/http', 'requests, answers, access levels, paths, cookies, assets', portal(4), WEB),
  room('portal/layout', 'the frame of every page', portal(5), ['node:*']),
  room('portal/account', 'activity, language', portal(6), WEB),
  room('portal/app-passwords', 'the list, adding, showing', portal(6), WEB),
  room('portal/devices', 'profiles, autoconfiguration, QR codes, set-up links', portal(6), WEB),
  room('portal/sign-in', 'password, second factor, confirming again', portal(6), WEB),
  room('portal/two-step', 'factors: setting up, removing, turning off', portal(10), WEB),
  room('portal/admin', 'what admins see and change', portal(10), WEB),
  room('portal', 'the application, its table of routes, its listeners', portal(12), WEB),
  room(
    'adapters',
    'ports behind one library each: bcrypt, WebAuthn, CMS; the key file',
    [...SECRETS, 'portal/ports'],
    ['bcryptjs', '@simplewebauthn/server', 'asn1js', 'pkijs', 'zod', 'node:*'],
  ),
  room('run', 'joins the parts: serve, worker, and what each opens', RUN, ['reflect-metadata', PACKAGE, 'node:*']),
  room(
    'cli',
    'the commands of operators',
    ['core', 'config', 'ops', ...POLICY, 'store', 'bulk', 'adapters', 'run'],
    ['commander', 'qrcode', PACKAGE, 'node:*'],
  ),
  room(
    'demo',
    'a mail server and a gateway to try out',
    ['core', 'config', ...POLICY, 'store'],
    ['otplib', 'smtp-server', 'wildduck/**', 'yaml', 'node:*'],
  ),
  room('main.ts', 'command line to command', ['core', 'runtime', 'cli'], ['node:*']),
];

/** The room of a file, both named from src; undefined where the list has none for it. */
export function roomOf(file: string): Room | undefined {
  const inside = ROOMS.filter(({ name }) => file === name || file.startsWith(`${name}/`));
  return inside.toSorted((a, b) => b.name.length - a.name.length)[0];
}

function room(name: string, holds: string, may: readonly string[] = [], libraries: readonly string[] = []): Room {
  return { name, holds, may, libraries };
}

/** What a floor of the portal may import: the first so many floors, and what the whole portal may. */
function portal(floors: number): readonly string[] {
  return [...OUTSIDE_PORTAL, ...PORTAL.slice(0, floors)];
}
