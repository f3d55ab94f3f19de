/** The look-up of one login as the store grows. Postern and nginx's auth service make the same one. */

import { randomInt } from 'node:crypto';
import { canonicalAccount, type Account } from '../../src/core/identity.ts';
import { DEFAULT_KEY_PREFIX, keyPlan } from '../../src/store/keys.ts';
import { inParallel } from '../../test/support/floods.ts';
import type { RedisServer } from '../../test/support/redis.ts';
import { DOMAIN, type World } from '../world.ts';
import type { Outcome, Scale, Work } from './work.ts';

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
export function storeWorks({ storeSizes }: Scale): readonly Work[] {
  return storeSizes.map((accounts) => ({
    group: 'store',
    name: `look-up among ${accounts} accounts`,
    sides: ['postern'],
    run: (_, world) => lookedUp(world, accounts),
  }));
}

async function lookedUp(world: World, accounts: number): Promise<Outcome> {
  await grow(world, accounts);
  const load = process.cpuUsage();
  let [redisSeconds, errors] = [0, 0];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const chosen = spreadOver(accounts);
    const before = await secondsOf(world.server);
    await inParallel(PER_PASS, AT_ONCE, async (at) => {
      const query = { account: chosen[at] ?? accountOf(0), network: '192.0.2.0/32', secretMark: 'mark' };
      const facts = await world.store.lookupLogin({ ...query, now: Date.now(), limits: LIMITS });
      if (facts.account.record === undefined) errors += 1;
    });
    redisSeconds += (await secondsOf(world.server)) - before;
    // Each look-up is to be the first of its account, however few there are: what a second one finds is cheaper.
    await Promise.all(chosen.map((account) => world.store.forgiveFailures(account)));
  }
  const { user, system } = process.cpuUsage(load);
  const value = (redisSeconds * 1e6) / (PASSES * PER_PASS);
  return {
    readings: [{ figure: 'CPU of Redis', unit: 'µs per look-up', value }],
    errors,
    loadCpuSeconds: (user + system) / 1e6,
  };
}

// All different, from every part of the store.
function spreadOver(accounts: number): readonly Account[] {
  const part = Math.floor(accounts / PER_PASS);
  return Array.from({ length: PER_PASS }, (_, at) => accountOf(at * part + randomInt(part)));
}

// As Redis itself says it, to the microsecond: a pass is too short for the hundredths of a second in /proc.
async function secondsOf(server: RedisServer): Promise<number> {
  const said = String(await server.command('info', 'cpu'));
  return [...said.matchAll(/^used_cpu_(?:user|sys):(.+)$/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

// Copies of an account that is there: as large, and made a hundred times as fast.
async function grow({ server, users }: World, accounts: number): Promise<void> {
  const keys = keyPlan(DEFAULT_KEY_PREFIX);
  const [from, to] = [keys.account(users[0]?.name ?? ''), keys.account(`copy-x@${DOMAIN}`)];
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
