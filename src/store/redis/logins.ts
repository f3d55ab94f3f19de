/**
 * What a login asks of Redis: one script, in a Cluster three commands in one flight; counted as it is looked up. That it
 * succeeded is written a moment later, together with others: no mail client waits for it.
 */

import { z } from 'zod';
import { Fault } from '#core/fault.ts';
import { Semaphore } from '#async/semaphore.ts';
import type { Store } from '#policy/ports/store.ts';
import type { KeyPlan } from '#store/keys.ts';
import { accountRecords, domainRecords, lastUseNetwork, lastUseRecords, remembering } from '#store/records.ts';
import { ListReply, readReply, TextReply, versioned, type RedisContext } from './context.ts';
import { WriteBatch } from './write-batch.ts';
import { runScript, type Send } from './link.ts';
import { COUNT_LOGIN, COUNT_VERDICT, FORGIVE, NOTE_SEEN, RECORD_SUCCESSES } from './scripts.ts';
import type { LastUse } from '#policy/ports/records.ts';
import type { LoginFacts, LoginQuery, Success } from '#policy/ports/logins.ts';

// Most logins are of accounts that have logged in before, all of them in few domains.
const loginAccounts = remembering(accountRecords, 2000);
const loginDomains = remembering(domainRecords, 2000);

const Int = z.number();
const FaultsReply = z.array(TextReply);
const LoginReply = z.tuple([TextReply, TextReply, Int, Int, Int, TextReply, TextReply, Int]);

/**
 * Where thousands log in at one time, all of their questions at once would take longer than the deadline of each, and an
 * overload would look like an outage. They begin in turn, and with its turn the deadline of each.
 */
const LOOKUPS_AT_ONCE = 64;
/** Longer than a storm takes, and shorter than a mail app waits. */
const TURN_WITHIN_MS = 30_000;

/** Until then a secret that was right is still counted as one that may have been wrong. */
const SUCCESSES_EVERY_MS = 20;

type RedisLogins = Pick<Store, 'lookupLogin' | 'recordSuccess' | 'forgiveFailures' | 'lookupLastUses'> & {
  /** Sends the successes that wait, and resolves once none is under way. */
  readonly settled: () => Promise<void>;
};

/** The login part of the store. */
export function redisLogins(context: RedisContext): RedisLogins {
  const { link, keys } = context;
  const successes = new WriteBatch(SUCCESSES_EVERY_MS, (some: readonly Success[]) => recordSuccesses(context, some));
  const recording = new Set<Promise<void>>();
  const turns = new Semaphore(LOOKUPS_AT_ONCE, {
    // One node of a Cluster that is silent does not hold up those who ask the others.
    leaseMs: link.deadlineMs / 2,
    queueTimeoutMs: TURN_WITHIN_MS,
    onTimeout: () =>
      new Fault('STORE_UNAVAILABLE', `Redis: too many logins at one time, none begun in ${TURN_WITHIN_MS} ms`),
  });
  return {
    lookupLogin: (query) => turns.run(() => lookupLogin(context, query)),
    recordSuccess: (success) => {
      const recorded = recordSuccess(context, success, successes);
      recording.add(recorded);
      return recorded.finally(() => recording.delete(recorded));
    },
    settled: async () => {
      while (recording.size > 0) {
        successes.flush();
        await Promise.allSettled(recording);
      }
    },
    forgiveFailures: async ({ name }) => {
      await link.run((send) => runScript(send, FORGIVE, [keys.wrong(name), keys.wrongNetworks(name)], []));
    },
    lookupLastUses: ({ name }) => lookupLastUses(context, name),
  };
}

async function lookupLogin(context: RedisContext, query: LoginQuery): Promise<LoginFacts> {
  const { link } = context;
  const { account } = query;
  const reply = await link.run((send) => countLogin(context, query, send));
  const [epoch, record, known, accountFailures, accountNetworkFailures, ...others] = readReply(LoginReply, reply);
  const [domainEpoch, domainRecord, networkVerdicts] = others;
  return {
    account: versioned(loginAccounts, account.name, [epoch, record]),
    domain: versioned(loginDomains, account.domain, [domainEpoch, domainRecord]),
    pressure: { knownNetwork: known === 1, accountFailures, accountNetworkFailures, networkVerdicts },
  };
}

async function countLogin({ link, keys, caps }: RedisContext, query: LoginQuery, send: Send): Promise<unknown> {
  const { account, network, secretFingerprint, now, limits } = query;
  const { name } = account;
  const own = [keys.account(name), keys.networks(name)];
  const counted = [keys.wrong(name), keys.wrongFrom(name, network), keys.wrongNetworks(name)];
  const [domain, verdicts] = [keys.domain(account.domain), keys.verdicts(network)];
  const verdictsMs = limits.networkWindowSeconds * 1000;
  const bounds = [limits.failureWindowSeconds * 1000, limits.accountFailures, limits.accountNetworkFailures];
  const args = [network, secretFingerprint, now, ...bounds, now - caps.knownNetworkSeconds * 1000, verdictsMs];
  if (!link.clustered) return runScript(send, COUNT_LOGIN, [...own, ...counted, domain, verdicts], args);
  // No script may touch more than one slot: all three are sent in one tick, each to its slot's node.
  const [found, ofDomain, count] = await Promise.all([
    runScript(send, COUNT_LOGIN, [...own, ...counted], args),
    send('hmget', domain, 'epoch', 'record'),
    runScript(send, COUNT_VERDICT, [verdicts], [now, verdictsMs]),
  ]);
  return [found, ofDomain, count].flat();
}

async function recordSuccess(context: RedisContext, success: Success, together: WriteBatch<Success>): Promise<void> {
  if (context.link.clustered) {
    // Each goes to the node that has its account: a silent one holds up nobody else.
    const [fault] = await recordSuccesses(context, [success]);
    if (fault !== undefined) throw fault;
  } else {
    await together.add(success);
  }
  if (success.ordinaryPassword === true) await noteSeen(context, success);
}

/** On a Cluster of one account only: its keys alone are in one slot. Returns the fault of each that has one. */
async function recordSuccesses(
  { link, keys, caps }: RedisContext,
  successes: readonly Success[],
): Promise<readonly (Fault | undefined)[]> {
  const touched = successes.flatMap((success) => keysOf(keys, success));
  const forAll = [caps.knownNetworks, caps.knownNetworkSeconds * 1000, caps.lastUseSeconds];
  const args = [...forAll, ...successes.flatMap(argumentsOf)];
  const reply = await link.run((send) => runScript(send, RECORD_SUCCESSES, touched, args));
  return readReply(FaultsReply, reply).map((why) => (why === null ? undefined : link.faultOf(new Error(why))));
}

function keysOf(keys: KeyPlan, { account: { name }, network }: Success): readonly string[] {
  return [keys.networks(name), keys.wrong(name), keys.wrongFrom(name, network), keys.lastUses(name)];
}

function argumentsOf({
  account,
  network,
  secretFingerprint,
  now,
  appPasswordId,
  protocol,
}: Success): readonly (string | number)[] {
  if (appPasswordId === undefined) return [network, secretFingerprint, now, '', ''];
  const lastUse = lastUseRecords.encode({ at: now, protocol, network: lastUseNetwork(network) }, account.name);
  return [network, secretFingerprint, now, appPasswordId, lastUse];
}

async function noteSeen(
  { link, keys, caps }: RedisContext,
  { account: { name, domain }, now }: Success,
): Promise<void> {
  const index = [keys.accounts(domain), keys.seen(domain)];
  await link.run((send) => runScript(send, NOTE_SEEN, index, [name, now, caps.lastUseSeconds]));
}

async function lookupLastUses({ link, keys }: RedisContext, name: string): Promise<ReadonlyMap<string, LastUse>> {
  const key = keys.lastUses(name);
  const [ids, texts] = await link.run(async (send) => {
    // Not HGETALL, whose reply has one shape in RESP2 and another in RESP3.
    const found = readReply(ListReply, await send('hkeys', key));
    return [found, found.length === 0 ? [] : await send('hmget', key, ...found)];
  });
  const records = readReply(z.array(TextReply), texts);
  const lastUses = new Map<string, LastUse>();
  for (const [index, id] of ids.entries()) {
    const text = records[index] ?? null;
    if (text !== null) lastUses.set(id, lastUseRecords.decode(text, name));
  }
  return lastUses;
}
