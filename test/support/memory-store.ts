/**
 * The store port in memory, for tests of policy: same answers as the real adapters, no persistence, no lifetimes of
 * audit and last use. Every operation gives way once, so that races between operations really interleave.
 */

import { formatNetwork, parseNetwork } from '#core/network.ts';
import { makeMemoryEphemeral } from './memory-ephemeral.ts';

import type { Account } from '#core/identity.ts';
import type { AdminsRecord } from '#policy/ports/admins.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { TokensRecord } from '#policy/ports/tokens.ts';
import type { Store, Watcher } from '#policy/ports/store.ts';
import type { AccountChange, AccountRecord, DomainRecord, LastUse, Page, Versioned } from '#policy/ports/records.ts';
import type { LoginQuery, Pressure } from '#policy/ports/logins.ts';
import type { Change, SessionRecord } from '#core/session.ts';

export interface MemoryStoreOptions {
  /** Milliseconds since 1970; ends sessions that are not touched. */
  readonly clock: () => number;
  readonly sessionTtlSeconds?: number;
  readonly ephemeralPerOwner?: number;
}

interface Cell<T> {
  record: T | undefined;
  epoch: number;
}

/** Everything about one account that is no record. */
interface Traces {
  readonly wrong: Map<string, number>;
  readonly wrongFrom: Map<string, Map<string, number>>;
  readonly networks: Set<string>;
  readonly lastUses: Map<string, LastUse>;
}

export function makeMemoryStore({ clock, sessionTtlSeconds = 90, ephemeralPerOwner }: MemoryStoreOptions): Store {
  const domains = new Map<string, Cell<DomainRecord>>();
  const accounts = new Map<string, Cell<AccountRecord>>();
  const traces = new Map<string, Traces>();
  const verdicts = new Map<string, { start: number; count: number }>();
  const sessions = new Map<string, { record: SessionRecord; touchedAt: number }>();
  const audit: AuditEntry[] = [];
  const seen = new Map<string, number>();
  const admins: Cell<AdminsRecord> = emptyCell();
  const tokens: Cell<TokensRecord> = emptyCell();
  const watchers = new Set<Watcher>();

  const announce = (change: Change): void => {
    for (const { onChange } of watchers) onChange(change);
  };

  const liveSessions = (): readonly SessionRecord[] => {
    for (const [id, { touchedAt }] of sessions) {
      if (touchedAt + sessionTtlSeconds * 1000 <= clock()) sessions.delete(id);
    }
    return [...sessions.values()].map(({ record }) => record);
  };

  const pressureOf = (query: LoginQuery): Pressure => {
    const { account, network, limits, now } = query;
    const own = tracesOf(traces, account);
    const knownNetwork = own.networks.has(network);
    const from = entry(own.wrongFrom, network, () => new Map<string, number>());
    const windowMs = limits.failureWindowSeconds * 1000;
    forgetOutside(own.wrong, now, windowMs);
    forgetOutside(from, now, windowMs);
    const ofNetwork = measure(from, query, limits.accountNetworkFailures);
    const ofAccount = measure(own.wrong, query, limits.accountFailures);
    // An attempt beyond either limit reads "limit + 1" and leaves no trace in either count.
    if (!ofNetwork.beyond && (knownNetwork || !ofAccount.beyond)) {
      from.set(query.secretFingerprint, now);
      if (!knownNetwork) own.wrong.set(query.secretFingerprint, now);
    }
    return {
      knownNetwork,
      accountFailures: knownNetwork ? own.wrong.size : ofAccount.count,
      accountNetworkFailures: ofNetwork.count,
      networkVerdicts: countVerdict(verdicts, query),
    };
  };

  return {
    async lookupLogin(query) {
      await giveWay();
      const { account } = query;
      return {
        domain: versioned(domains.get(account.domain)),
        account: versioned(accounts.get(account.name)),
        pressure: pressureOf(query),
      };
    },

    async recordSuccess({ account, network, secretFingerprint, now, appPasswordId, protocol, ordinaryPassword }) {
      await giveWay();
      if (ordinaryPassword === true) seen.set(account.name, Math.max(now, seen.get(account.name) ?? 0));
      const own = tracesOf(traces, account);
      own.wrong.delete(secretFingerprint);
      own.wrongFrom.get(network)?.delete(secretFingerprint);
      own.networks.add(network);
      if (appPasswordId !== undefined) {
        own.lastUses.set(appPasswordId, { at: now, protocol, network: coarse(network) });
      }
    },

    async forgiveFailures(account) {
      await giveWay();
      const own = tracesOf(traces, account);
      own.wrong.clear();
      own.wrongFrom.clear();
    },

    async lookupDomain(domain) {
      await giveWay();
      return versioned(domains.get(domain));
    },

    async saveDomain(domain, record, expected) {
      await giveWay();
      const cell = entry(domains, domain, emptyCell<DomainRecord>);
      if (expected !== undefined && expected !== cell.epoch) return undefined;
      cell.record = record;
      cell.epoch += 1;
      announce({ kind: 'domain', domain, epoch: cell.epoch });
      return cell.epoch;
    },

    async listDomains(cursor, limit) {
      await giveWay();
      return pageOf(domains, cursor, limit, (domain, record) => ({ domain, record }));
    },

    async lookupAccount(account) {
      await giveWay();
      return versioned(accounts.get(account.name));
    },

    async updateAccount<T>(account: Account, change: AccountChange<T>): Promise<T> {
      for (;;) {
        const before = versioned(accounts.get(account.name));
        await giveWay();
        const { record, result } = change(before.record);
        if (record === undefined) return result;
        const cell = entry(accounts, account.name, emptyCell<AccountRecord>);
        if (cell.epoch !== before.epoch) continue;
        cell.record = record;
        cell.epoch += 1;
        const ids = new Set(record.appPasswords.map(({ id }) => id));
        const { lastUses } = tracesOf(traces, account);
        for (const id of lastUses.keys()) if (!ids.has(id)) lastUses.delete(id);
        announce({ kind: 'account', account: account.name, epoch: cell.epoch });
        return result;
      }
    },

    async listAccounts(domain, cursor, limit) {
      await giveWay();
      const ofDomain = new Map([...accounts].filter(([name]) => name.endsWith(`@${domain}`)));
      return pageOf(ofDomain, cursor, limit, (account, record) => ({ account, record }));
    },

    async listAccountDomains(cursor, limit) {
      await giveWay();
      const domainsOf = [...accounts.keys()].map((name) => name.slice(name.lastIndexOf('@') + 1));
      const named = new Map([...new Set(domainsOf)].map((domain) => [domain, { record: domain, epoch: 1 }]));
      return pageOf(named, cursor, limit, (domain) => domain);
    },

    async listUsers({ domain, search, cursor, limit }) {
      await giveWay();
      const recorded = [...accounts].filter(([, { record }]) => record !== undefined).map(([name]) => name);
      const names = [...new Set([...recorded, ...seen.keys()])]
        .filter(
          (name) => name.endsWith(`@${domain}`) && name.includes(search) && (cursor === undefined || name > cursor),
        )
        .toSorted();
      const items = names
        .slice(0, limit)
        .map((account) => ({ account, record: accounts.get(account)?.record, seenAt: seen.get(account) }));
      return { items, next: names.length > limit ? items.at(-1)?.account : undefined };
    },

    async lookupAdmins() {
      await giveWay();
      return versioned(admins);
    },

    updateAdmins: (change) => updateSingle(admins, { admins: [] }, change),

    async lookupTokens() {
      await giveWay();
      return versioned(tokens);
    },

    updateTokens: (change) => updateSingle(tokens, { tokens: [] }, change),

    async lookupLastUses(account) {
      await giveWay();
      return new Map(tracesOf(traces, account).lastUses);
    },

    async touchSessions(records) {
      await giveWay();
      for (const record of records) sessions.set(record.id, { record, touchedAt: clock() });
    },

    async closeSessions(records) {
      await giveWay();
      for (const { id } of records) sessions.delete(id);
    },

    async listSessions(filter) {
      await giveWay();
      return liveSessions().filter((session) => {
        if (filter.by === 'account') return session.account === filter.account.name;
        return filter.by === 'all' || session.domain === filter.domain;
      });
    },

    async announceTrace(request) {
      await giveWay();
      for (const { onTrace } of watchers) onTrace?.(request);
    },

    async cutOffSession(id) {
      await giveWay();
      const known = liveSessions().some((session) => session.id === id);
      if (known) announce({ kind: 'session', id });
      return known;
    },

    async appendAudit(written) {
      await giveWay();
      audit.unshift(written);
    },

    async listAudit({ domain, account, limit }) {
      await giveWay();
      const about = audit.filter((one) => one.domain === domain && (account === undefined || one.account === account));
      return about.slice(0, limit);
    },

    ephemeral: makeMemoryEphemeral(clock, ephemeralPerOwner),

    async watch(watcher) {
      await giveWay();
      watchers.add(watcher);
      return { stop: async () => void watchers.delete(watcher) };
    },

    async epochs(askedAccounts, askedDomains) {
      await giveWay();
      return {
        accounts: new Map(askedAccounts.map(({ name }) => [name, accounts.get(name)?.epoch ?? 0])),
        domains: new Map(askedDomains.map((name) => [name, domains.get(name)?.epoch ?? 0])),
      };
    },

    async check() {
      return { usable: true, remarks: ['everything is lost when the process ends'] };
    },

    async close() {
      watchers.clear();
    },
  };
}

async function updateSingle<T, R>(
  cell: Cell<T>,
  empty: T,
  change: (current: T) => { readonly record: T | undefined; readonly result: R },
): Promise<R> {
  for (;;) {
    const { epoch } = cell;
    await giveWay();
    const { record, result } = change(cell.record ?? empty);
    if (record === undefined) return result;
    await giveWay();
    if (cell.epoch !== epoch) continue;
    cell.record = record;
    cell.epoch += 1;
    return result;
  }
}

async function giveWay(): Promise<void> {
  await Promise.resolve();
}

function emptyCell<T>(): Cell<T> {
  return { record: undefined, epoch: 0 };
}

function versioned<T>(cell: Cell<T> | undefined): Versioned<T> {
  return { record: cell?.record, epoch: cell?.epoch ?? 0 };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function tracesOf(traces: Map<string, Traces>, account: Account): Traces {
  return entry(traces, account.name, () => ({
    wrong: new Map(),
    wrongFrom: new Map(),
    networks: new Set(),
    lastUses: new Map(),
  }));
}

// What lies further ahead than the window was counted by a clock that has been set back since.
function forgetOutside(marks: Map<string, number>, now: number, windowMs: number): void {
  for (const [mark, at] of marks) if (at <= now - windowMs || at > now + windowMs) marks.delete(mark);
}

// A last use shows /24 of IPv4, not the client's address.
function coarse(network: string): string {
  const parsed = parseNetwork(network);
  if (parsed?.family !== 4) return network;
  return formatNetwork({ family: 4, first: (parsed.first >> 8n) << 8n, prefixBits: 24 });
}

function measure(marks: Map<string, number>, { secretFingerprint }: LoginQuery, limit: number) {
  if (marks.has(secretFingerprint)) return { count: marks.size, beyond: false };
  return { count: marks.size + 1, beyond: marks.size >= limit };
}

function countVerdict(
  verdicts: Map<string, { start: number; count: number }>,
  { network, now, limits }: LoginQuery,
): number {
  const known = verdicts.get(network);
  const windowMs = limits.networkWindowSeconds * 1000;
  const within = known !== undefined && now - known.start < windowMs && known.start - now <= windowMs;
  const window = within ? { start: known.start, count: known.count + 1 } : { start: now, count: 1 };
  verdicts.set(network, window);
  return window.count;
}

function pageOf<T, Item>(
  cells: ReadonlyMap<string, Cell<T>>,
  cursor: string | undefined,
  limit: number,
  itemOf: (name: string, record: T) => Item,
): Page<Item> {
  const names = [...cells.keys()].toSorted().filter((name) => cursor === undefined || name > cursor);
  const shown = names.slice(0, limit);
  const items = shown.flatMap((name) => {
    const record = cells.get(name)?.record;
    return record === undefined ? [] : [itemOf(name, record)];
  });
  return { items, next: names.length > limit ? shown.at(-1) : undefined };
}
