/**
 * What a login asks of Redis: one flight of three commands, counted as it is looked up. That it succeeded is written with
 * the next flight: no client waits for it.
 */

import { z } from 'zod';
import { Fault } from '../../core/fault.ts';
import { Turns } from '../../core/turns.ts';
import type { LastUse, LoginFacts, LoginQuery, Store, Success } from '../../policy/ports.ts';
import { accountRecords, domainRecords, lastUseNetwork, lastUseRecords, remembering } from '../records.ts';
import {
  ListReply,
  NumberReply,
  readReply,
  TextReply,
  versioned,
  VersionedReply,
  type RedisContext,
} from './context.ts';
import { Convoy } from './convoy.ts';
import { runScript, type Send } from './link.ts';
import { COUNT_LOGIN, COUNT_VERDICT, FORGIVE, NOTE_SEEN, RECORD_SUCCESS } from './scripts.ts';

// Most logins are of accounts that have logged in before, all of them in few domains.
const loginAccounts = remembering(accountRecords, 2000);
const loginDomains = remembering(domainRecords, 2000);

const LoginReply = z.tuple([TextReply, TextReply, z.number(), z.number(), z.number()]);

/**
 * Where thousands log in at one time, all of their questions at once would take longer than the deadline of each, and an
 * overload would look like an outage. They begin in turn, and with its turn the deadline of each.
 */
const LOOKUPS_AT_ONCE = 64;
/** Longer than a storm takes, and shorter than a mail app waits. */
const TURN_WITHIN_MS = 30_000;

/** Until then a secret that was right is still counted as one that may have been wrong. */
const SUCCESS_WAITS_MS = 20;

type RedisLogins = Pick<Store, 'lookupLogin' | 'recordSuccess' | 'forgiveFailures' | 'lookupLastUses'> & {
  /** Sends the successes that wait, and resolves once none is under way. */
  readonly settled: () => Promise<void>;
};

/** The login part of the store. */
export function redisLogins(context: RedisContext): RedisLogins {
  const { link, keys } = context;
  const convoy = new Convoy(SUCCESS_WAITS_MS);
  const turns = new Turns(LOOKUPS_AT_ONCE, {
    // One node of a Cluster that is silent does not hold up those who ask the others.
    heldMs: link.deadlineMs / 2,
    waitMs: TURN_WITHIN_MS,
    gaveUp: () =>
      new Fault('STORE_UNAVAILABLE', `Redis: too many logins at one time, none begun in ${TURN_WITHIN_MS} ms`),
  });
  const recording = new Set<Promise<void>>();
  return {
    lookupLogin: (query) => turns.run(() => lookupLogin(context, query, convoy)),
    recordSuccess: (success) => {
      const recorded = convoy.departure().then(() => recordSuccess(context, success));
      recording.add(recorded);
      return recorded.finally(() => recording.delete(recorded));
    },
    settled: async () => {
      convoy.depart();
      await Promise.allSettled(recording);
    },
    forgiveFailures: async ({ name }) => {
      await link.run((send) => runScript(send, FORGIVE, [keys.wrong(name), keys.wrongNetworks(name)], []));
    },
    lookupLastUses: ({ name }) => lookupLastUses(context, name),
  };
}

async function lookupLogin(context: RedisContext, query: LoginQuery, convoy: Convoy): Promise<LoginFacts> {
  const { link, keys } = context;
  const { account, network, now, limits } = query;
  // All three are sent in one tick. On one server they share one write; in a Cluster each goes to its slot's node.
  const [found, domain, verdicts] = await link.run((send) => {
    convoy.depart();
    return Promise.all([
      countLogin(context, query, send),
      send('hmget', keys.domain(account.domain), 'epoch', 'record'),
      runScript(send, COUNT_VERDICT, [keys.verdicts(network)], [now, limits.networkWindowSeconds * 1000]),
    ]);
  });
  const [epoch, record, knownNetwork, accountFailures, accountNetworkFailures] = readReply(LoginReply, found);
  return {
    account: versioned(loginAccounts, account.name, [epoch, record]),
    domain: versioned(loginDomains, account.domain, readReply(VersionedReply, domain)),
    pressure: {
      knownNetwork: knownNetwork === 1,
      accountFailures,
      accountNetworkFailures,
      networkVerdicts: readReply(NumberReply, verdicts),
    },
  };
}

function countLogin({ keys, caps }: RedisContext, query: LoginQuery, send: Send): Promise<unknown> {
  const { account, network, secretMark, now, limits } = query;
  const { name } = account;
  const read = [keys.account(name), keys.networks(name)];
  const counted = [keys.wrong(name), keys.wrongFrom(name, network), keys.wrongNetworks(name)];
  const bounds = [limits.failureWindowSeconds * 1000, limits.accountFailures, limits.accountNetworkFailures];
  const args = [network, secretMark, now, ...bounds, now - caps.knownNetworkSeconds * 1000];
  return runScript(send, COUNT_LOGIN, [...read, ...counted], args);
}

async function recordSuccess({ link, keys, caps }: RedisContext, success: Success): Promise<void> {
  const { account, network, secretMark, now, appPasswordId = '', protocol, ordinaryPassword } = success;
  const { name } = account;
  const lastUse = lastUseRecords.encode({ at: now, protocol, network: lastUseNetwork(network) }, name);
  const remembered = [caps.knownNetworks, caps.knownNetworkSeconds * 1000];
  const args = [network, secretMark, now, ...remembered, appPasswordId, lastUse, caps.lastUseSeconds];
  const touched = [keys.networks(name), keys.wrong(name), keys.wrongFrom(name, network), keys.lastUses(name)];
  const index = [keys.accounts(account.domain), keys.seen(account.domain)];
  await link.run((send) =>
    Promise.all([
      runScript(send, RECORD_SUCCESS, touched, args),
      ...(ordinaryPassword === true ? [runScript(send, NOTE_SEEN, index, [name, now, caps.lastUseSeconds])] : []),
    ]),
  );
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
