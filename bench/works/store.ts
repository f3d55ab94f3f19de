/** The look-up of one login as the store grows. Postern and nginx's auth service make the same one. */

import { randomInt } from 'node:crypto';
import { canonicalAccount } from '../../src/core/identity.ts';
import { DEFAULT_KEY_PREFIX, keyPlan } from '../../src/store/keys.ts';
import { inParallel } from '../../test/support/floods.ts';
import { cpuSecondsOf } from '../measure/processes.ts';
import type { Side } from '../sides/side.ts';
import { DOMAIN, type World } from '../world.ts';
import type { Outcome, Scale, Work } from './work.ts';

const LOOKUPS = 5000;
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
    run: (side, world) => lookedUp(side, world, accounts),
  }));
}

async function lookedUp(_: Side, world: World, accounts: number): Promise<Outcome> {
  await grow(world, accounts);
  const load = process.cpuUsage();
  const before = cpuSecondsOf([world.redis.pid]);
  let errors = 0;
  await inParallel(LOOKUPS, AT_ONCE, async () => {
    const query = { account: accountOf(randomInt(accounts)), network: '192.0.2.0/32', secretMark: 'mark' };
    const facts = await world.store.lookupLogin({ ...query, now: Date.now(), limits: LIMITS });
    if (facts.account.record === undefined) errors += 1;
  });
  const redisSeconds = cpuSecondsOf([world.redis.pid]) - before;
  const { user, system } = process.cpuUsage(load);
  return {
    readings: [{ figure: 'CPU of Redis', unit: 'µs per look-up', value: (redisSeconds * 1e6) / LOOKUPS }],
    errors,
    loadCpuSeconds: (user + system) / 1e6,
  };
}

// Copies of an account that is there: as large, and made a hundred times as fast.
async function grow({ server, users }: World, accounts: number): Promise<void> {
  const keys = keyPlan(DEFAULT_KEY_PREFIX);
  const [from, to] = [keys.account(users[0]?.name ?? ''), keys.account(`copy-x@${DOMAIN}`)];
  for (let at = 0; at < accounts; at += BATCH) {
    await server.command('eval', COPY, 2, from, to, at, Math.min(at + BATCH, accounts));
  }
}

function accountOf(at: number): { name: string; local: string; domain: string } {
  const rules = { localPart: 'lowercase', subaddressDelimiter: '', masterUserSeparator: '*' } as const;
  const found = canonicalAccount(`copy-${at}@${DOMAIN}`, rules);
  if (found.kind === 'refused') throw new Error(found.fault);
  return found.account;
}
