/** Account records: compare-and-set on the epoch, announced in the same step; the list of accounts by domain. */

import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import type { PresentEpochs, Store } from '#policy/ports/store.ts';
import { accountRecords } from '#store/records.ts';
import { readReply, TextReply, versioned, VersionedReply, type RedisContext } from './context.ts';
import { listNames, listRecords } from './domains.ts';
import { runScript, type Send } from './link.ts';
import { SWAP_ACCOUNT } from './scripts.ts';
import type { AccountChange, AccountRecord, Versioned } from '#policy/ports/records.ts';

// Whoever loses a race is shown the winner's record and tries again: N racers need at most N rounds.
const MAX_ROUNDS = 64;
const EPOCHS_AT_ONCE = 1000;

const SwapReply = z.tuple([z.number(), z.number(), TextReply]);

/** The account part of the store. */
export function redisAccounts(
  context: RedisContext,
): Pick<Store, 'lookupAccount' | 'updateAccount' | 'listAccounts' | 'listAccountDomains' | 'epochs'> {
  const { keys } = context;
  return {
    lookupAccount: (account) => lookupAccount(context, account),
    updateAccount: (account, change) => updateAccount(context, account, change),
    listAccounts: async (domain, cursor, limit) => {
      const index = keys.accounts(domain);
      const page = await listRecords(context, { index, recordKey: keys.account, cursor, limit });
      return {
        items: page.items.map(({ name, text }) => ({ account: name, record: accountRecords.decode(text, name) })),
        next: page.next,
      };
    },
    listAccountDomains: (cursor, limit) => listNames(context, { index: keys.accountDomains, cursor, limit }),
    epochs: (accounts, domains) => epochs(context, accounts, domains),
  };
}

async function lookupAccount({ link, keys }: RedisContext, { name }: Account): Promise<Versioned<AccountRecord>> {
  const fields = await link.run((send) => send('hmget', keys.account(name), 'epoch', 'record'));
  return versioned(accountRecords, name, readReply(VersionedReply, fields));
}

async function updateAccount<T>(context: RedisContext, account: Account, change: AccountChange<T>): Promise<T> {
  const { link, keys } = context;
  const until = performance.now() + link.deadlineMs;
  let current = await lookupAccount(context, account);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { record, result } = change(current.record);
    if (record === undefined) return result;
    const left = Math.max(1, until - performance.now());
    if (current.record === undefined) {
      // The lists first, see domains.ts.
      await link.run((send) => listAccount(keys, account, send), left);
    }
    const swap = await swapAccount(context, { account, expected: current.epoch, record }, left);
    if (swap.written) return result;
    current = swap.present;
  }
  throw new Fault('STORE_CONFLICT', 'the account is being changed by too many at once', {
    fields: { account: account.name, rounds: MAX_ROUNDS },
  });
}

function listAccount(keys: RedisContext['keys'], { name, domain }: Account, send: Send): Promise<unknown> {
  return Promise.all([send('zadd', keys.accounts(domain), 0, name), send('zadd', keys.accountDomains, 0, domain)]);
}

interface Swap {
  readonly account: Account;
  readonly expected: number;
  readonly record: AccountRecord;
}

async function swapAccount(
  { link, keys }: RedisContext,
  { account: { name }, expected, record }: Swap,
  deadlineMs: number,
): Promise<{ readonly written: boolean; readonly present: Versioned<AccountRecord> }> {
  const ids = record.appPasswords.map(({ id }) => id);
  const args = [expected, accountRecords.encode(record, name), keys.changes, name, ...ids];
  const reply = await link.run(
    (send) => runScript(send, SWAP_ACCOUNT, [keys.account(name), keys.lastUses(name)], args),
    deadlineMs,
  );
  const [written, epoch, text] = readReply(SwapReply, reply);
  return { written: written === 1, present: versioned(accountRecords, name, [String(epoch), text]) };
}

async function epochs(
  { link, keys }: RedisContext,
  accounts: readonly Account[],
  domains: readonly string[],
): Promise<PresentEpochs> {
  const names = accounts.map(({ name }) => name);
  return {
    accounts: await epochsOf(names, keys.account),
    domains: await epochsOf(domains, keys.domain),
  };

  async function epochsOf(all: readonly string[], key: (name: string) => string): Promise<Map<string, number>> {
    const present = new Map<string, number>();
    for (let start = 0; start < all.length; start += EPOCHS_AT_ONCE) {
      const batch = all.slice(start, start + EPOCHS_AT_ONCE);
      const replies = await link.run((send) => Promise.all(batch.map((name) => send('hget', key(name), 'epoch'))));
      for (const [index, name] of batch.entries()) present.set(name, Number(replies[index] ?? 0));
    }
    return present;
  }
}
