/**
 * How much room a store of many accounts takes, and whether looking one up stays as fast: fills a Redis of its own with
 * enrolled accounts, a hundred in each domain, and measures at each power of ten. With --page it writes
 * docs/store-size.md.
 */

import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import { makeAppPassword } from '#policy/secrets/app-password.ts';
import { UNDECIDED_DOMAIN } from '#policy/rules/domain-policy.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { makeKeyring, newKeyLine } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import { makeRecoveryCodes } from '#policy/factors/recovery-codes.ts';
import { DEFAULT_KEY_PREFIX, keyPlan } from '#store/keys.ts';
import { openStore } from '#store/open.ts';
import { accountRecords, domainRecords } from '#store/records.ts';
import { startRedis, type RedisServer } from '../test/support/redis.ts';
import { quantile } from './measure/statistics.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

interface Row {
  readonly accounts: number;
  readonly domains: number;
  readonly megabytes: number;
  readonly bytesPerAccount: number;
  /** Milliseconds. */
  readonly lookup: { readonly p50: number; readonly p99: number };
  readonly bareGet: { readonly p50: number; readonly p99: number };
}

const FIRST_SIZE = 1000;
const PER_DOMAIN = 100;
const BATCH = 500;
const WARM_UP = 500;
const LOOKUPS = 2000;
/** Different records; the others repeat them, which takes as much room and is filled in a hundred times as fast. */
const SAMPLES = 1000;
// What an attempt leaves behind is gone before the next size is measured.
const LIMITS = {
  accountFailures: 1000,
  accountNetworkFailures: 1000,
  failureWindowSeconds: 1,
  networkVerdicts: 100_000,
  networkWindowSeconds: 1,
};
const KEYRING = makeKeyring(parseKeyFile(newKeyLine()));
const KEYS = keyPlan(DEFAULT_KEY_PREFIX);
const RECORDS = Array.from({ length: SAMPLES }, (_, at) => {
  const name = `user${1_000_000 - at}@${domainOf(1_000_000 - at)}`;
  return accountRecords.encode(recordOf(name), name);
});
const DOMAIN_RECORD = domainRecords.encode({ ...UNDECIDED_DOMAIN, mode: 'forced' }, 'all');
const PAGE = fileURLToPath(new URL('../docs/store-size.md', import.meta.url));

const { values } = parseArgs({
  options: { accounts: { type: 'string', default: '100000' }, page: { type: 'boolean', default: false } },
});
await bench(Number(values.accounts), values.page);

async function bench(most: number, page: boolean): Promise<void> {
  if (!Number.isInteger(most) || most < FIRST_SIZE) throw new Error(`--accounts is a whole number from ${FIRST_SIZE}`);
  const server = await startRedis(['--appendonly', 'no', '--save', '', '--loglevel', 'warning']);
  const redis = new Redis(server.port, '127.0.0.1');
  const topology = { kind: 'standalone', server: { host: '127.0.0.1', port: server.port } } as const;
  const store = await openStore({ kind: 'redis', topology });
  try {
    await store.check();
    const empty = await memoryOf(server);
    const rows: Row[] = [];
    let filled = 0;
    for (let size = FIRST_SIZE; size <= most; size *= 10) {
      say(`filling to ${size.toLocaleString('en')} accounts`);
      for (; filled < size; filled += BATCH) await fill(redis, filled, Math.min(size, filled + BATCH));
      const used = (await memoryOf(server)) - empty;
      rows.push(await measured(store, redis, size, used));
    }
    const version = /redis_version:(\S+)/.exec(String(await server.command('info', 'server')))?.[1] ?? '';
    const table = tableOf(rows);
    process.stdout.write(`${table}\n`);
    if (page) writeFileSync(PAGE, pageOf(table, version));
  } finally {
    await store.close();
    redis.disconnect();
    await server.stop();
  }
}

/** Accounts in the form in which the store itself writes them, many to one packet. */
async function fill(redis: Redis, from: number, to: number): Promise<void> {
  const pipeline = redis.pipeline();
  for (let at = from; at < to; at += 1) {
    const domain = domainOf(at);
    const name = `user${at}@${domain}`;
    if (at % PER_DOMAIN === 0) {
      pipeline.hset(KEYS.domain(domain), 'epoch', 1, 'record', DOMAIN_RECORD).zadd(KEYS.domains, 0, domain);
      pipeline.zadd(KEYS.accountDomains, 0, domain);
    }
    const text = RECORDS[at % SAMPLES] ?? '';
    pipeline.hset(KEYS.account(name), 'epoch', 1, 'record', text).zadd(KEYS.accounts(domain), 0, name);
  }
  const failed = (await pipeline.exec())?.find(([error]) => error !== null);
  if (failed !== undefined) throw new Error('Redis refused an account', { cause: failed[0] });
}

/** An account as people have them: an authenticator app, a recovery address, ten codes, two app passwords. */
function recordOf(account: string): AccountRecord {
  const now = Date.now();
  const appPasswords = ['Mail apps', 'Work laptop'].map((name) => {
    const terms = { account, name, scopes: PROTOCOLS, revealable: true };
    return makeAppPassword(KEYRING, terms, now).record;
  });
  const secret = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
  return {
    enrolledAt: now,
    cutOffAt: now,
    totp: { sealedSecret: KEYRING.seal(secret, { account, recordId: 'totp' }), confirmedAt: now, lastStep: 1 },
    recoveryAddress: `owner.of.${account.replace('@', '.at.')}@example.net`,
    recoveryCodes: makeRecoveryCodes(KEYRING, account).digests,
    appPasswords,
  };
}

async function measured(store: Store, redis: Redis, size: number, used: number): Promise<Row> {
  const [lookups, gets] = [new Array<number>(), new Array<number>()];
  for (let turn = -WARM_UP; turn < LOOKUPS; turn += 1) {
    const at = randomInt(size);
    const domain = domainOf(at);
    const account = { name: `user${at}@${domain}`, local: `user${at}`, domain };
    const network = `192.0.2.${turn & 255}/32`;
    const start = performance.now();
    const facts = await store.lookupLogin({
      account,
      network,
      secretFingerprint: 'mark',
      now: Date.now(),
      limits: LIMITS,
    });
    const between = performance.now();
    await redis.hget(KEYS.account(account.name), 'record');
    const end = performance.now();
    if (facts.account.record === undefined) throw new Error(`${account.name} is not found`);
    if (turn < 0) continue;
    lookups.push(between - start);
    gets.push(end - between);
  }
  return {
    accounts: size,
    domains: Math.ceil(size / PER_DOMAIN),
    megabytes: used / 1e6,
    bytesPerAccount: used / size,
    lookup: { p50: quantile(lookups, 0.5), p99: quantile(lookups, 0.99) },
    bareGet: { p50: quantile(gets, 0.5), p99: quantile(gets, 0.99) },
  };
}

async function memoryOf(server: RedisServer): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await server.command('info', 'memory')))?.[1]);
}

function domainOf(at: number): string {
  return `domain${Math.floor(at / PER_DOMAIN)}.example`;
}

function tableOf(rows: readonly Row[]): string {
  const head = [
    '| accounts | domains | memory, MB | bytes an account | look-up p50, ms | p99, ms | bare HGET p50, ms | p99, ms |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
  ];
  const lines = rows.map(({ accounts, domains, megabytes, bytesPerAccount, lookup, bareGet }) => {
    const counts = [accounts, domains, Math.round(megabytes), Math.round(bytesPerAccount)];
    const times = [lookup.p50, lookup.p99, bareGet.p50, bareGet.p99];
    return `| ${[...counts.map((count) => count.toLocaleString('en')), ...times.map((ms) => ms.toFixed(2))].join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}

function pageOf(table: string, redisVersion: string): string {
  const [cpu] = cpus();
  const machine = [
    `${cpus().length} × ${cpu?.model.trim() || 'processor of unknown name'}`,
    `${Math.round(totalmem() / 1e9)} GB`,
    `Linux ${release()}`,
    `Redis ${redisVersion}`,
  ];
  return `# The size of the store

<!-- Written by \`npm run bench:accounts -- --accounts 1000000 --page\`. -->

What enrolled accounts take in Redis, and how long it takes to look one up for a login, as the store grows. Every account
has an authenticator app, a recovery address, ten recovery codes and two app passwords that can be shown again; there are
${PER_DOMAIN} in each domain. An account that has not enrolled takes nothing, or the room of its name.

${table}

- **Memory** is what Redis says it uses (\`used_memory\`) above an empty one: records, names in their lists, and its own
  tables. Sessions and last uses come on top, and the audit: about 400 bytes for the first entry of an account, 220 for
  each further one, and as much in its domain's. Give the server twice this, for its copy while it saves.
- **A look-up** is all that a login asks of the store, one at a time over loopback: ${LOOKUPS.toLocaleString('en')} of accounts
  chosen at random, each followed by a bare \`HGET\` of the same record as what the machine itself takes. A look-up stays
  flat when it grows no more than that one.

Measured ${new Date().toISOString().slice(0, 10)} on ${machine.join(', ')}, while the machine did other work as well.
`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
