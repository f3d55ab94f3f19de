/** Logins and the look-up that each of them makes, as the store grows. nginx's auth service makes the same one. */

import { randomInt } from 'node:crypto';
import { canonicalAccount, type Account } from '#core/identity.ts';
import { DEFAULT_KEY_PREFIX, keyPlan } from '#store/keys.ts';
import { inParallel } from '../../test/support/floods.ts';
import type { RedisServer } from '../../test/support/redis.ts';
import type { Side } from '../sides/side.ts';
import { DOMAIN, type World } from '../world.ts';
import { logins } from './logins.ts';
import type { Outcome, Scale, Work } from './work.ts';

interface Size {
  readonly accounts: number;
  /** Logins of accounts that were there before. */
  readonly count: number;
}

const LOGIN = { protocol: 'imap', handshake: 'fresh', atOnce: 16 } as const;
const KEYS = keyPlan(DEFAULT_KEY_PREFIX);
const PASSES = 10;
/** As many as the least store holds. */
const PER_PASS = 1000;
const AT_ONCE = 16;
const LIMITS = {
  accountFailures: 1000,
  accountNetworkFailures: 1000,
  failureWindowSeconds: 60,
  networkVerdicts: 100_000,
  networkWindowSeconds: 1,
};
const COPY = `for at = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  redis.call('COPY', KEYS[1], (string.gsub(KEYS[2], 'copy%-x@', 'copy-' .. at .. '@')))
end`;
/** A script must not keep the server longer than a login waits for it. */
const BATCH = 10_000;

/** The sizes in rising order: accounts once added stay until the end of the run. */
export function storeWorks({ storeSizes, logins: count }: Scale): readonly Work[] {
  return storeSizes.map((accounts) => ({
    group: 'store',
    name: `IMAP login, fresh TLS, among ${accounts} accounts`,
    sides: ['postern'],
    run: (side, world) => measured(side, world, { accounts, count }),
  }));
}

async function measured(side: Side, world: World, { accounts, count }: Size): Promise<Outcome> {
  await grow(world, accounts);
  const { readings, errors, loadCpuSeconds } = await logins(side, world, { ...LOGIN, count });
  const load = process.cpuUsage();
  let [lookUps, reads, missing] = [0, 0, 0];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const chosen = spreadOver(accounts);
    lookUps += await secondsOf(world.server, chosen, async (account) => {
      const query = { account, network: '192.0.2.0/32', secretFingerprint: 'mark', now: Date.now(), limits: LIMITS };
      const facts = await world.store.lookupLogin(query);
      if (facts.account.record === undefined) missing += 1;
    });
    // Each look-up is to be the first of its account, however few there are: what a second one finds is cheaper.
    await Promise.all(chosen.map((account) => world.store.forgiveFailures(account)));
    reads += await secondsOf(world.server, spreadOver(accounts), ({ name }) =>
      world.server.command('hget', KEYS.account(name), 'record'),
    );
  }
  const { user, system } = process.cpuUsage(load);
  const micros = (seconds: number): number => (seconds * 1e6) / (PASSES * PER_PASS);
  return {
    readings: [
      ...readings.filter(({ figure }) => figure === 'CPU'),
      { figure: 'CPU of Redis', unit: 'µs per look-up', value: micros(lookUps) },
      { figure: 'CPU of Redis for a bare HGET', unit: 'µs', value: micros(reads) },
    ],
    errors: errors + missing,
    loadCpuSeconds: loadCpuSeconds + (user + system) / 1e6,
  };
}

// All different, from every part of the store.
function spreadOver(accounts: number): readonly Account[] {
  const part = Math.floor(accounts / PER_PASS);
  return Array.from({ length: PER_PASS }, (_, at) => accountOf(at * part + randomInt(part)));
}

/** CPU of Redis for this with all of them, as it says itself: a pass is too short for the hundredths in /proc. */
async function secondsOf(
  server: RedisServer,
  accounts: readonly Account[],
  work: (account: Account) => Promise<unknown>,
): Promise<number> {
  const used = async (): Promise<number> => {
    const said = String(await server.command('info', 'cpu'));
    return [...said.matchAll(/^used_cpu_(?:user|sys):(.+)$/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
  };
  const before = await used();
  const left = [...accounts];
  await inParallel(accounts.length, AT_ONCE, async () => {
    const account = left.pop();
    if (account !== undefined) await work(account);
  });
  return (await used()) - before;
}

// Copies of an account that is there: as large, and made a hundred times as fast.
async function grow({ server, users }: World, accounts: number): Promise<void> {
  const [from, to] = [KEYS.account(users[0]?.name ?? ''), KEYS.account(`copy-x@${DOMAIN}`)];
  for (let at = 0; at < accounts; at += BATCH) {
    await server.command('eval', COPY, 2, from, to, at, Math.min(at + BATCH, accounts));
  }
}

function accountOf(at: number): Account {
  const rules = { localPart: 'lowercase', subaddressDelimiter: '', masterUserSeparator: '*' } as const;
  const found = canonicalAccount(`copy-${at}@${DOMAIN}`, rules);
  if (found.kind === 'refused') throw new Error(found.fault);
  return found.account;
}
