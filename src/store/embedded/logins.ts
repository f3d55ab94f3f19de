/** What a login asks of the file: one transaction that reads and counts. */

import { z } from 'zod';
import type { Store } from '#policy/ports/store.ts';
import { accountRecords, domainRecords, lastUseNetwork, lastUseRecords } from '#store/records.ts';
import { CountRow, versioned, VersionedRow, type EmbeddedContext } from './context.ts';
import type { Database } from './database.ts';
import type { LastUse } from '#policy/ports/records.ts';
import type { LoginFacts, LoginQuery, Pressure, Success } from '#policy/ports/logins.ts';

/** Expired rows taken away per write: more than one write adds, few enough never to hold a login up. */
const SWEEP_ROWS = 100;

const MarkRow = z.object({ others: z.number(), repeated: z.number() });
const LastUseRow = z.object({ app_password: z.string(), record: z.string() });

/** The login part of the store. */
export function embeddedLogins(
  context: EmbeddedContext,
): Pick<Store, 'lookupLogin' | 'recordSuccess' | 'forgiveFailures' | 'lookupLastUses'> {
  const { brisk } = context;
  return {
    lookupLogin: async (query) => brisk.transaction(() => lookupLogin(brisk, query)),
    recordSuccess: async (success) => brisk.transaction(() => recordSuccess(context, success)),
    forgiveFailures: async ({ name }) => {
      brisk.run('DELETE FROM wrong WHERE account = ?', [name]);
    },
    lookupLastUses: async ({ name }): Promise<ReadonlyMap<string, LastUse>> => {
      const rows = brisk.all(LastUseRow, 'SELECT app_password, record FROM last_use WHERE account = ?', [name]);
      return new Map(rows.map(({ app_password: id, record }) => [id, lastUseRecords.decode(record, name)]));
    },
  };
}

function lookupLogin(brisk: Database, query: LoginQuery): LoginFacts {
  const { account, network, now } = query;
  sweep(brisk, now);
  const known = brisk.first(
    CountRow,
    'SELECT count(*) AS count FROM known_network WHERE account = ? AND network = ? AND expires_at > ?',
    [account.name, network, now],
  );
  const failures = known?.count === 1 ? failuresWhereKnown(brisk, query) : failuresElsewhere(brisk, query);
  const ofAccount = brisk.first(VersionedRow, 'SELECT epoch, record FROM account WHERE name = ?', [account.name]);
  const ofDomain = brisk.first(VersionedRow, 'SELECT epoch, record FROM domain WHERE name = ?', [account.domain]);
  return {
    account: versioned(accountRecords, account.name, ofAccount),
    domain: versioned(domainRecords, account.domain, ofDomain),
    pressure: { ...failures, networkVerdicts: addVerdict(brisk, query) },
  };
}

function failuresWhereKnown(brisk: Database, query: LoginQuery): Omit<Pressure, 'networkVerdicts'> {
  const { network, limits } = query;
  const ofNetwork = measure(brisk, query, network);
  if (ofNetwork.repeated || ofNetwork.count <= limits.accountNetworkFailures) addWrong(brisk, query, network);
  const { others } = measure(brisk, query, ANY_NETWORK);
  return { knownNetwork: true, accountFailures: others, accountNetworkFailures: ofNetwork.count };
}

// An attempt beyond either limit reads "limit + 1" and leaves no trace in either count: an attack costs bounded space
// and does not lengthen itself, and one network alone cannot use up what the account allows to all others.
function failuresElsewhere(brisk: Database, query: LoginQuery): Omit<Pressure, 'networkVerdicts'> {
  const { network, limits } = query;
  const ofNetwork = measure(brisk, query, network);
  const ofAccount = measure(brisk, query, ANY_NETWORK);
  const beyond =
    (!ofNetwork.repeated && ofNetwork.count > limits.accountNetworkFailures) ||
    (!ofAccount.repeated && ofAccount.count > limits.accountFailures);
  if (!beyond) {
    addWrong(brisk, query, network);
    addWrong(brisk, query, ANY_NETWORK);
  }
  return { knownNetwork: false, accountFailures: ofAccount.count, accountNetworkFailures: ofNetwork.count };
}

/** Stands for all networks where the account has not logged in before. */
const ANY_NETWORK = '';

interface Measure {
  /** Distinct wrong secrets, this one included. */
  readonly count: number;
  /** The same without this one, unless it was wrong before. */
  readonly others: number;
  readonly repeated: boolean;
}

function measure(brisk: Database, { account, secretFingerprint, now, limits }: LoginQuery, network: string): Measure {
  const windowMs = limits.failureWindowSeconds * 1000;
  // What lies further ahead than the window was counted by a clock that has been set back since.
  brisk.run('DELETE FROM wrong WHERE account = ? AND network = ? AND (at <= ? OR at > ?)', [
    account.name,
    network,
    now - windowMs,
    now + windowMs,
  ]);
  const row = brisk.first(
    MarkRow,
    'SELECT count(*) AS others, coalesce(sum(mark = ?), 0) AS repeated FROM wrong WHERE account = ? AND network = ?',
    [secretFingerprint, account.name, network],
  );
  const { others, repeated } = row ?? { others: 0, repeated: 0 };
  return { count: others + 1 - repeated, others, repeated: repeated === 1 };
}

function addWrong(brisk: Database, { account, secretFingerprint, now, limits }: LoginQuery, network: string): void {
  brisk.run('INSERT OR REPLACE INTO wrong (account, network, mark, at, expires_at) VALUES (?, ?, ?, ?, ?)', [
    account.name,
    network,
    secretFingerprint,
    now,
    now + limits.failureWindowSeconds * 1000,
  ]);
}

function addVerdict(brisk: Database, { network, now, limits }: LoginQuery): number {
  const windowMs = limits.networkWindowSeconds * 1000;
  const bounds = [now - windowMs, now + windowMs];
  brisk.run('DELETE FROM verdict WHERE network = ? AND (start <= ? OR start > ?)', [network, ...bounds]);
  const row = brisk.first(
    CountRow,
    `INSERT INTO verdict (network, start, count, expires_at) VALUES (?, ?, 1, ?)
      ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count`,
    [network, now, now + windowMs],
  );
  return row?.count ?? 0;
}

function recordSuccess({ brisk, caps }: EmbeddedContext, success: Success): void {
  const { account, network, secretFingerprint, now, appPasswordId, protocol, ordinaryPassword } = success;
  const { name, domain } = account;
  brisk.run("DELETE FROM wrong WHERE account = ? AND network IN ('', ?) AND mark = ?", [
    name,
    network,
    secretFingerprint,
  ]);
  brisk.run('INSERT OR REPLACE INTO known_network (account, network, at, expires_at) VALUES (?, ?, ?, ?)', [
    name,
    network,
    now,
    now + caps.knownNetworkSeconds * 1000,
  ]);
  brisk.run(
    `DELETE FROM known_network WHERE account = ?1 AND network NOT IN
      (SELECT network FROM known_network WHERE account = ?1 ORDER BY at DESC LIMIT ?2)`,
    [name, caps.knownNetworks],
  );
  if (ordinaryPassword === true) {
    brisk.run(
      `INSERT INTO seen (domain, account, at, expires_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET at = max(at, excluded.at), expires_at = max(expires_at, excluded.expires_at)`,
      [domain, name, now, now + caps.lastUseSeconds * 1000],
    );
  }
  if (appPasswordId === undefined) return;
  const lastUse = lastUseRecords.encode({ at: now, protocol, network: lastUseNetwork(network) }, name);
  brisk.run('INSERT OR REPLACE INTO last_use (account, app_password, record, expires_at) VALUES (?, ?, ?, ?)', [
    name,
    appPasswordId,
    lastUse,
    now + caps.lastUseSeconds * 1000,
  ]);
}

function sweep(brisk: Database, now: number): void {
  for (const [table, key] of [
    ['wrong', 'account, network, mark'],
    ['verdict', 'network'],
    ['known_network', 'account, network'],
    ['last_use', 'account, app_password'],
    ['seen', 'domain, account'],
  ]) {
    brisk.run(
      `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? LIMIT ${SWEEP_ROWS})`,
      [now],
    );
  }
}
