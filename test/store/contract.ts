/**
 * What policy/ports/store.ts promises, as tests that any store must pass: the adapters on every kind of server, the
 * double.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account } from '#core/identity.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import type { Store } from '#policy/ports/store.ts';
import type { StoreCaps } from '#store/caps.ts';
import { eventually } from '../support/processes.ts';
import { adminContract } from './admin-contract.ts';
import { ephemeralContract } from './ephemeral-contract.ts';
import type { AccountRecord, AppPasswordRecord, DomainRecord } from '#policy/ports/records.ts';
import type { Limits, LoginQuery, Pressure } from '#policy/ports/logins.ts';
import type { Change, SessionRecord, TraceRequest } from '#core/session.ts';

/** A store that nobody has used yet. */
export interface Fresh {
  readonly store: Store;
  /** The same data through another connection, as another process has it. */
  readonly another: () => Promise<Store>;
  /** Ends all of the connections. */
  close(): Promise<void>;
}

export type OpenFresh = (caps?: Partial<StoreCaps>) => Promise<Fresh>;

export const NOW = 1_790_000_000_000;
export const NETWORK = '192.0.2.7/32';
const LIMITS: Limits = {
  accountFailures: 10,
  accountNetworkFailures: 5,
  failureWindowSeconds: 600,
  networkVerdicts: 100,
  networkWindowSeconds: 60,
};
export const DOMAIN: DomainRecord = { mode: 'enabled', methods: ['totp'], reveal: 'always', hints: 'always' };
export const EMPTY_ACCOUNT: AccountRecord = { recoveryCodes: [], appPasswords: [] };

export function accountOf(local: string, domain = 'example.org'): Account {
  return { name: `${local}@${domain}`, local, domain };
}

export function appPassword(id: string): AppPasswordRecord {
  return { id, name: 'Phone', scopes: ['imap'], digest: 'd', keyId: 'k', createdAt: NOW, generation: 1 };
}

export function sessionOf(id: string, account: Account): SessionRecord {
  return {
    id,
    account: account.name,
    domain: account.domain,
    protocol: 'imap',
    opener: { kind: 'app-password', id: 'phone', generation: 1 },
    address: '192.0.2.7',
    gateway: 'gate-1',
    openedAt: NOW,
  };
}

export function auditOf(account: Account, note: number): AuditEntry {
  const { name, domain } = account;
  return { at: NOW, actor: 'cli:root', action: 'session.cut-off', domain, account: name, detail: { note } };
}

export function query(account: Account, secretFingerprint: string, more: Partial<LoginQuery> = {}): LoginQuery {
  return { account, secretFingerprint, network: NETWORK, now: NOW, limits: LIMITS, ...more };
}

export async function saveAccount(store: Store, account: Account, record: AccountRecord): Promise<void> {
  await store.updateAccount(account, () => ({ record, result: undefined }));
}

/** Registers the contract's tests; their titles begin with `name`. */
export function storeContract(name: string, openFresh: OpenFresh): void {
  const contract: Contract = (title, body, caps) => {
    test(`${name}: ${title}`, async () => {
      const fresh = await openFresh(caps);
      try {
        await body(fresh);
      } finally {
        await fresh.close();
      }
    });
  };
  countingContract(contract);
  memoryOfLoginsContract(contract);
  domainContract(contract);
  accountContract(contract);
  raceContract(contract);
  sessionContract(contract);
  auditContract(contract);
  watchContract(contract);
  ephemeralContract(contract);
  adminContract(contract);
}

type Contract = (title: string, body: (fresh: Fresh) => Promise<void>, caps?: Partial<StoreCaps>) => void;

const ALICE = accountOf('alice');
const BOB = accountOf('bob');

async function pressure(store: Store, asked: LoginQuery): Promise<Pressure> {
  return (await store.lookupLogin(asked)).pressure;
}

function success(account: Account, secretFingerprint: string, now = NOW) {
  return { account, network: NETWORK, secretFingerprint, now, protocol: 'imap' } as const;
}

function countingContract(contract: Contract): void {
  contract('a login counts as wrong until its success is recorded', async ({ store }) => {
    assert.deepEqual(await pressure(store, query(ALICE, 'a')), {
      knownNetwork: false,
      accountFailures: 1,
      accountNetworkFailures: 1,
      networkVerdicts: 1,
    });
    await store.recordSuccess(success(ALICE, 'a'));
    const { accountFailures, accountNetworkFailures } = await pressure(store, query(ALICE, 'b'));
    assert.deepEqual([accountFailures, accountNetworkFailures], [0, 1]);
  });

  contract('a wrong secret counts once however often it is repeated', async ({ store, another }) => {
    const other = await another();
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).lookupLogin(query(ALICE, 'old'))));
    const { accountFailures, accountNetworkFailures } = await pressure(store, query(ALICE, 'old'));
    assert.deepEqual([accountFailures, accountNetworkFailures], [1, 1]);
  });

  contract('of 200 parallel guesses no more than the limit are seen below it', async ({ store, another }) => {
    const other = await another();
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, at) => pressure(at % 2 ? store : other, query(ALICE, `guess ${at}`))),
    );
    const below = seen.filter((each) => each.accountNetworkFailures <= LIMITS.accountNetworkFailures);
    assert.equal(below.length, LIMITS.accountNetworkFailures);
    assert.deepEqual(new Set(seen.map(({ networkVerdicts }) => networkVerdicts)).size, 200);
  });

  contract('guesses from many networks count together for the account', async ({ store, another }) => {
    const other = await another();
    const seen = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        pressure(at % 2 ? store : other, query(ALICE, `guess ${at}`, { network: `198.51.100.${at}/32` })),
      ),
    );
    const below = seen.filter(({ accountFailures }) => accountFailures <= LIMITS.accountFailures);
    assert.equal(below.length, LIMITS.accountFailures);
  });

  contract('a network beyond its own limit uses up nothing of what others have', async ({ store }) => {
    for (let at = 0; at < 50; at += 1) await store.lookupLogin(query(ALICE, `guess ${at}`));
    const elsewhere = await pressure(store, query(ALICE, 'mistyped', { network: '203.0.113.9/32' }));
    assert.equal(elsewhere.accountFailures, LIMITS.accountNetworkFailures + 1);
  });

  contract('beyond a limit a secret that was wrong before still reads as within it', async ({ store }) => {
    for (let at = 0; at < 20; at += 1) await store.lookupLogin(query(ALICE, `guess ${at}`));
    assert.equal(
      (await pressure(store, query(ALICE, 'guess 0'))).accountNetworkFailures,
      LIMITS.accountNetworkFailures,
    );
    assert.ok((await pressure(store, query(ALICE, 'new'))).accountNetworkFailures > LIMITS.accountNetworkFailures);
  });

  contract('where an account has logged in before its mistakes count for that network only', async ({ store }) => {
    await store.lookupLogin(query(ALICE, 'right'));
    await store.recordSuccess(success(ALICE, 'right'));
    const seen = await pressure(store, query(ALICE, 'mistyped'));
    assert.deepEqual(seen, {
      knownNetwork: true,
      accountFailures: 0,
      accountNetworkFailures: 1,
      networkVerdicts: 2,
    });
    assert.equal((await pressure(store, query(BOB, 'mistyped'))).knownNetwork, false);
  });

  contract('failures are forgotten when their window has passed', async ({ store }) => {
    await store.lookupLogin(query(ALICE, 'early'));
    const windowMs = LIMITS.failureWindowSeconds * 1000;
    const within = await pressure(store, query(ALICE, 'late', { now: NOW + windowMs - 1 }));
    const after = await pressure(store, query(ALICE, 'late', { now: NOW + windowMs }));
    assert.deepEqual([within.accountFailures, within.accountNetworkFailures], [2, 2]);
    assert.deepEqual([after.accountFailures, after.accountNetworkFailures], [1, 1]);
  });

  contract('nothing counted by a clock that has been set back since counts any more', async ({ store }) => {
    const wrong = NOW + 36_000_000;
    for (const mark of ['a', 'b', 'c']) await store.lookupLogin(query(ALICE, mark, { now: wrong }));
    const { accountFailures, accountNetworkFailures, networkVerdicts } = await pressure(store, query(ALICE, 'd'));
    assert.deepEqual([accountFailures, accountNetworkFailures, networkVerdicts], [1, 1, 1]);
  });

  contract('the verdicts of a network count over all accounts and anew in each window', async ({ store }) => {
    const counted = async (account: Account, now: number) =>
      (await pressure(store, query(account, 'x', { now }))).networkVerdicts;
    const windowMs = LIMITS.networkWindowSeconds * 1000;
    assert.equal(await counted(ALICE, NOW), 1);
    assert.equal(await counted(BOB, NOW + windowMs - 1), 2);
    assert.equal(await counted(ALICE, NOW + windowMs), 1);
  });
}

function memoryOfLoginsContract(contract: Contract): void {
  contract('a success forgives its own secret and nothing else', async ({ store }) => {
    for (const mark of ['a', 'b', 'c']) await store.lookupLogin(query(ALICE, mark));
    await store.recordSuccess(success(ALICE, 'b'));
    const seen = await pressure(store, query(ALICE, 'c'));
    assert.deepEqual([seen.accountFailures, seen.accountNetworkFailures, seen.networkVerdicts], [2, 2, 4]);
  });

  contract('successes of one moment each forgive their own account and no other', async ({ store }) => {
    const accounts = ['a', 'b', 'c', 'd'].map((name) => accountOf(name));
    for (const each of accounts) for (const mark of ['right', 'wrong']) await store.lookupLogin(query(each, mark));
    const withId = (at: number) => (at === 1 ? {} : { appPasswordId: `p${at}` });
    await Promise.all(
      accounts
        .slice(0, 3)
        .map((each, at) => store.recordSuccess({ ...success(each, 'right', NOW + at), ...withId(at) })),
    );
    for (const [at, each] of accounts.entries()) {
      const { knownNetwork, accountNetworkFailures } = await pressure(store, query(each, 'wrong'));
      assert.deepEqual([knownNetwork, accountNetworkFailures], at < 3 ? [true, 1] : [false, 2]);
      assert.deepEqual([...(await store.lookupLastUses(each)).keys()], at === 0 || at === 2 ? [`p${at}`] : []);
    }
  });

  contract('forgiving clears one account from all networks', async ({ store }) => {
    for (const network of [NETWORK, '203.0.113.9/32']) {
      for (const mark of ['a', 'b']) await store.lookupLogin(query(ALICE, mark, { network }));
    }
    await store.lookupLogin(query(BOB, 'a'));
    await store.forgiveFailures(ALICE);
    for (const network of [NETWORK, '203.0.113.9/32']) {
      const seen = await pressure(store, query(ALICE, 'z', { network }));
      assert.deepEqual([seen.accountFailures, seen.accountNetworkFailures], [1, 1]);
    }
    assert.equal((await pressure(store, query(BOB, 'b'))).accountFailures, 2);
  });

  contract('the last use of an app password shows the network but not the address', async ({ store }) => {
    await saveAccount(store, ALICE, { ...EMPTY_ACCOUNT, appPasswords: [appPassword('phone'), appPassword('laptop')] });
    await store.recordSuccess({ ...success(ALICE, 'a'), appPasswordId: 'phone' });
    await store.recordSuccess({
      ...success(ALICE, 'b', NOW + 5),
      appPasswordId: 'laptop',
      network: '2001:db8:0:100::/56',
    });
    await store.recordSuccess(success(ALICE, 'ordinary'));
    assert.deepEqual(
      await store.lookupLastUses(ALICE),
      new Map([
        ['laptop', { at: NOW + 5, protocol: 'imap', network: '2001:db8:0:100::/56' }],
        ['phone', { at: NOW, protocol: 'imap', network: '192.0.2.0/24' }],
      ]),
    );
    assert.deepEqual(await store.lookupLastUses(BOB), new Map());
  });

  contract('the last use of a revoked app password goes with it', async ({ store }) => {
    await saveAccount(store, ALICE, { ...EMPTY_ACCOUNT, appPasswords: [appPassword('phone'), appPassword('laptop')] });
    for (const id of ['phone', 'laptop']) await store.recordSuccess({ ...success(ALICE, id), appPasswordId: id });
    await saveAccount(store, ALICE, { ...EMPTY_ACCOUNT, appPasswords: [appPassword('laptop')] });
    assert.deepEqual([...(await store.lookupLastUses(ALICE)).keys()], ['laptop']);
  });
}

function domainContract(contract: Contract): void {
  contract('a domain that nobody has set has no record and epoch 0', async ({ store }) => {
    assert.deepEqual(await store.lookupDomain('example.org'), { record: undefined, epoch: 0 });
    assert.deepEqual((await store.lookupLogin(query(ALICE, 'a'))).domain, { record: undefined, epoch: 0 });
  });

  contract('a saved domain is what every connection and the next login see', async ({ store, another }) => {
    const forced: DomainRecord = { ...DOMAIN, mode: 'forced', forcedFrom: NOW + 1000 };
    assert.equal(await store.saveDomain('example.org', DOMAIN), 1);
    assert.equal(await store.saveDomain('example.org', forced), 2);
    const other = await another();
    assert.deepEqual(await other.lookupDomain('example.org'), { record: forced, epoch: 2 });
    assert.deepEqual((await other.lookupLogin(query(ALICE, 'a'))).domain, { record: forced, epoch: 2 });
  });

  contract('domains are listed in name order, page by page, while others come in between', async ({ store }) => {
    const names = Array.from({ length: 25 }, (_, at) => `d${String(at).padStart(2, '0')}.example`);
    for (const name of names.toReversed()) await store.saveDomain(name, DOMAIN);
    const first = await store.listDomains(undefined, 10);
    await store.saveDomain('a-before-the-cursor.example', DOMAIN);
    await store.saveDomain('d10-behind-the-cursor.example', DOMAIN);
    const second = await store.listDomains(first.next, 10);
    const third = await store.listDomains(second.next, 10);
    const listed = [first, second, third].flatMap(({ items }) => items.map(({ domain }) => domain));
    assert.deepEqual(listed, [...names, 'd10-behind-the-cursor.example'].toSorted());
    assert.deepEqual(first.items[0]?.record, DOMAIN);
    assert.equal(third.next, undefined);
  });

  contract('a last page that is exactly full has no next', async ({ store }) => {
    for (const name of ['a.example', 'b.example']) await store.saveDomain(name, DOMAIN);
    assert.equal((await store.listDomains(undefined, 2)).next, undefined);
    assert.deepEqual(await store.listDomains('b.example', 2), { items: [], next: undefined });
  });
}

function accountContract(contract: Contract): void {
  contract('a change is made on the present record and raises the epoch by one', async ({ store, another }) => {
    const other = await another();
    await saveAccount(store, ALICE, { ...EMPTY_ACCOUNT, recoveryCodes: ['one'] });
    const result = await other.updateAccount(ALICE, (current) => ({
      record: { ...EMPTY_ACCOUNT, enrolledAt: NOW, recoveryCodes: [...(current?.recoveryCodes ?? []), 'two'] },
      result: current?.recoveryCodes.length,
    }));
    assert.equal(result, 1);
    const expected = { record: { ...EMPTY_ACCOUNT, enrolledAt: NOW, recoveryCodes: ['one', 'two'] }, epoch: 2 };
    assert.deepEqual(await store.lookupAccount(ALICE), expected);
    assert.deepEqual((await store.lookupLogin(query(ALICE, 'a'))).account, expected);
    assert.deepEqual(await store.lookupAccount(BOB), { record: undefined, epoch: 0 });
  });

  contract('a change that gives no record leaves everything as it is', async ({ store }) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    const untouched = (current: AccountRecord | undefined) => ({ record: undefined, result: current });
    assert.deepEqual(await store.updateAccount(ALICE, untouched), EMPTY_ACCOUNT);
    assert.equal(await store.updateAccount(BOB, untouched), undefined);
    assert.equal((await store.lookupAccount(ALICE)).epoch, 1);
    assert.equal((await store.lookupAccount(BOB)).epoch, 0);
  });

  contract('what a change throws is thrown on, and nothing is written', async ({ store }) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    const broken = new Error('no such app password');
    const change = (): never => {
      throw broken;
    };
    await assert.rejects(store.updateAccount(ALICE, change), (error) => error === broken);
    assert.deepEqual(await store.lookupAccount(ALICE), { record: EMPTY_ACCOUNT, epoch: 1 });
  });

  contract('every field of an account comes back as it was written', async ({ store }) => {
    const full: AccountRecord = {
      enrolledAt: NOW,
      totp: { sealedSecret: 's', confirmedAt: NOW, lastStep: 59_666_666 },
      pendingTotp: { sealedSecret: 'p', startedAt: NOW },
      recoveryAddress: 'älice@exämple.net',
      recoveryCodes: ['x', 'y'],
      appPasswords: [
        { ...appPassword('a'), sealed: 'z', expiresAt: NOW, networks: ['10.0.0.0/8'], scopes: ['imap', 'submission'] },
      ],
      suspended: { at: NOW, by: 'cli:root' },
      cutOffAt: NOW,
    };
    await saveAccount(store, ALICE, full);
    assert.deepEqual((await store.lookupAccount(ALICE)).record, full);
  });

  contract('accounts are listed by domain in name order, page by page', async ({ store }) => {
    const names = Array.from({ length: 12 }, (_, at) => `u${String(at).padStart(2, '0')}@example.org`);
    for (const name of names.toReversed()) await saveAccount(store, accountOf(name.slice(0, 3)), EMPTY_ACCOUNT);
    await saveAccount(store, accountOf('u00', 'example.org.evil.example'), EMPTY_ACCOUNT);
    const first = await store.listAccounts('example.org', undefined, 7);
    const second = await store.listAccounts('example.org', first.next, 7);
    assert.deepEqual(
      [...first.items, ...second.items].map(({ account }) => account),
      names,
    );
    assert.deepEqual(first.items[0]?.record, EMPTY_ACCOUNT);
    assert.equal(second.next, undefined);
    assert.deepEqual(await store.listAccounts('nobody.example', undefined, 7), { items: [], next: undefined });
  });

  contract('the domains of all accounts are listed, page by page, decided about or not', async ({ store }) => {
    await store.saveDomain('without-accounts.example', DOMAIN);
    for (const domain of ['c.example', 'a.example', 'b.example', 'a.example'])
      for (const local of ['x', 'y']) await saveAccount(store, accountOf(local, domain), EMPTY_ACCOUNT);
    const first = await store.listAccountDomains(undefined, 2);
    assert.deepEqual(first, { items: ['a.example', 'b.example'], next: 'b.example' });
    assert.deepEqual(await store.listAccountDomains(first.next, 2), { items: ['c.example'], next: undefined });
  });

  contract('present epochs of many accounts and domains come in one call', async ({ store }) => {
    const many = Array.from({ length: 2500 }, (_, at) => accountOf(`u${at}`));
    const changed = [many[0], many[1234], many[2499]].filter((account) => account !== undefined);
    for (const account of changed) await saveAccount(store, account, EMPTY_ACCOUNT);
    await store.saveDomain('example.org', DOMAIN);
    const { accounts, domains } = await store.epochs(many, ['example.org', 'nobody.example']);
    assert.equal(accounts.size, 2500);
    const expected = new Set(changed.map(({ name }) => name));
    for (const [account, epoch] of accounts) assert.equal(epoch, expected.has(account) ? 1 : 0);
    assert.deepEqual(
      domains,
      new Map([
        ['example.org', 1],
        ['nobody.example', 0],
      ]),
    );
  });
}

function raceContract(contract: Contract): void {
  contract('of two consumers of one recovery code exactly one wins', async ({ store, another }) => {
    const other = await another();
    const codes = Array.from({ length: 10 }, (_, at) => `code ${at}`);
    await saveAccount(store, ALICE, { ...EMPTY_ACCOUNT, recoveryCodes: codes });
    const consume = (through: Store, code: string) =>
      through.updateAccount(ALICE, (current = EMPTY_ACCOUNT) => {
        const left = current.recoveryCodes.filter((each) => each !== code);
        const consumed = left.length < current.recoveryCodes.length;
        return { record: consumed ? { ...current, recoveryCodes: left } : undefined, result: consumed };
      });
    const outcomes = await Promise.all(
      codes.map(async (code) => Promise.all([consume(store, code), consume(other, code)])),
    );
    for (const outcome of outcomes) assert.equal(outcome.filter(Boolean).length, 1);
    assert.deepEqual((await store.lookupAccount(ALICE)).record?.recoveryCodes, []);
  });

  contract('no change of many parallel ones is lost, and each has an epoch of its own', async ({ store, another }) => {
    const other = await another();
    const add = (through: Store, code: string) =>
      through.updateAccount(ALICE, (current = EMPTY_ACCOUNT) => ({
        record: { ...current, recoveryCodes: [...current.recoveryCodes, code] },
        result: undefined,
      }));
    const codes = Array.from({ length: 24 }, (_, at) => `${at}`);
    await Promise.all(codes.map((code, at) => add(at % 2 ? store : other, code)));
    const { record, epoch } = await store.lookupAccount(ALICE);
    assert.deepEqual(record?.recoveryCodes.toSorted(), codes.toSorted());
    assert.equal(epoch, 24);
  });

  contract('parallel saves of a domain get different epochs', async ({ store, another }) => {
    const other = await another();
    const epochs = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).saveDomain('example.org', DOMAIN)),
    );
    assert.deepEqual(new Set(epochs), new Set(Array.from({ length: 20 }, (_, at) => at + 1)));
  });

  contract('a domain is saved over the expected epoch only, and one of parallel savers wins', async (fresh) => {
    const { store } = fresh;
    const other = await fresh.another();
    const first = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).saveDomain('example.org', DOMAIN, 0)),
    );
    assert.deepEqual(
      first.filter((epoch) => epoch !== undefined),
      [1],
    );
    assert.equal(await store.saveDomain('example.org', { ...DOMAIN, hints: 'never' }, 0), undefined);
    assert.equal((await other.lookupDomain('example.org')).record?.hints, 'always');
    assert.equal(await other.saveDomain('example.org', { ...DOMAIN, hints: 'never' }, 1), 2);
  });
}

function sessionContract(contract: Contract): void {
  const ids = (sessions: readonly SessionRecord[]): readonly string[] => sessions.map(({ id }) => id).toSorted();
  const carol = accountOf('carol', 'example.net');

  contract('live sessions are listed by account, by domain and all together', async ({ store, another }) => {
    const other = await another();
    const sessions = [sessionOf('a1', ALICE), sessionOf('a2', ALICE), sessionOf('b1', BOB), sessionOf('c1', carol)];
    for (const session of sessions) await store.touchSessions([session]);
    assert.deepEqual(ids(await other.listSessions({ by: 'account', account: ALICE })), ['a1', 'a2']);
    assert.deepEqual(ids(await other.listSessions({ by: 'domain', domain: 'example.org' })), ['a1', 'a2', 'b1']);
    assert.deepEqual(ids(await other.listSessions({ by: 'all' })), ['a1', 'a2', 'b1', 'c1']);
    assert.deepEqual(await other.listSessions({ by: 'account', account: carol }), [sessionOf('c1', carol)]);
    await other.closeSessions([sessionOf('a1', ALICE)]);
    assert.deepEqual(ids(await store.listSessions({ by: 'account', account: ALICE })), ['a2']);
    assert.deepEqual(ids(await store.listSessions({ by: 'all' })), ['a2', 'b1', 'c1']);
  });

  contract(
    'a session that is touched stays, one that is not vanishes by itself',
    async ({ store }) => {
      const kept = sessionOf('kept', ALICE);
      await store.touchSessions([kept]);
      await store.touchSessions([sessionOf('left', ALICE)]);
      await eventually('the untouched session is gone', async () => {
        await store.touchSessions([kept]);
        return ids(await store.listSessions({ by: 'domain', domain: ALICE.domain })).join() === 'kept';
      });
      assert.deepEqual(ids(await store.listSessions({ by: 'account', account: ALICE })), ['kept']);
      assert.equal(await store.cutOffSession('left'), false);
      await eventually('so is the other when it is left alone', async () => {
        return (await store.listSessions({ by: 'all' })).length === 0;
      });
    },
    { sessionTtlSeconds: 1 },
  );

  contract('thousands of sessions are touched and listed', async ({ store }) => {
    const sessions = Array.from({ length: 1200 }, (_, at) => sessionOf(`s${at}`, accountOf(`u${at % 300}`)));
    await store.touchSessions(sessions);
    assert.equal((await store.listSessions({ by: 'domain', domain: 'example.org' })).length, 1200);
    assert.equal((await store.listSessions({ by: 'account', account: accountOf('u7') })).length, 4);
    assert.equal((await store.listSessions({ by: 'all' })).length, 1200);
    await store.touchSessions([]);
  });

  contract('ten thousand quick sessions leave nothing on the list', async ({ store }) => {
    for (let batch = 0; batch < 100; batch += 1) {
      const quick = Array.from({ length: 100 }, (_, at) => sessionOf(`q${batch}-${at}`, accountOf(`u${at % 10}`)));
      await Promise.all(
        quick.map(async (session) => {
          await store.touchSessions([session]);
          await store.closeSessions([session]);
        }),
      );
    }
    assert.deepEqual(await store.listSessions({ by: 'all' }), []);
    assert.deepEqual(await store.listSessions({ by: 'domain', domain: 'example.org' }), []);
    assert.deepEqual(await store.listSessions({ by: 'account', account: accountOf('u3') }), []);
  });

  contract('cutting off asks for a session that is on record, and only then', async ({ store, another }) => {
    const heard: Change[] = [];
    const other = await another();
    const watch = await other.watch({ onChange: (change) => heard.push(change), onGap: () => undefined });
    await store.touchSessions([sessionOf('a1', ALICE)]);
    assert.equal(await store.cutOffSession('unknown'), false);
    assert.equal(await store.cutOffSession('a1'), true);
    await eventually('the gateway hears of it', () => heard.length > 0);
    assert.deepEqual(heard, [{ kind: 'session', id: 'a1' }]);
    await watch.stop();
  });

  contract('a trace is announced to those who follow traces, and is no change or gap to anybody', async (fresh) => {
    const { store, another } = fresh;
    const traces: TraceRequest[] = [];
    const others: unknown[] = [];
    const other = await another();
    const rest = { onChange: (change: Change) => others.push(change), onGap: () => others.push('gap') };
    const watches = [
      await other.watch({ ...rest, onTrace: (request) => traces.push(request) }),
      await other.watch(rest),
    ];
    const request: TraceRequest = { kind: 'trace', by: 'account', value: ALICE.name, seconds: 60 };
    await store.announceTrace(request);
    await store.touchSessions([sessionOf('a1', ALICE)]);
    await store.cutOffSession('a1');
    await eventually('both hear of what follows it', () => others.length === 2);
    assert.deepEqual(traces, [request]);
    assert.deepEqual(others, [
      { kind: 'session', id: 'a1' },
      { kind: 'session', id: 'a1' },
    ]);
    for (const watch of watches) await watch.stop();
  });
}

function auditContract(contract: Contract): void {
  contract('the audit is listed newest first, by account and by domain', async ({ store }) => {
    const settings: AuditEntry = {
      at: NOW,
      actor: 'admin@example.org',
      action: 'domain.changed',
      domain: 'example.org',
      detail: { mode: 'forced', from: NOW },
    };
    await store.appendAudit(auditOf(ALICE, 1));
    await store.appendAudit(settings);
    await store.appendAudit(auditOf(BOB, 2));
    await store.appendAudit(auditOf(ALICE, 3));
    await store.appendAudit(auditOf(accountOf('carol', 'example.net'), 4));
    assert.deepEqual(await store.listAudit({ domain: 'example.org', limit: 10 }), [
      auditOf(ALICE, 3),
      auditOf(BOB, 2),
      settings,
      auditOf(ALICE, 1),
    ]);
    assert.deepEqual(await store.listAudit({ domain: 'example.org', account: ALICE.name, limit: 10 }), [
      auditOf(ALICE, 3),
      auditOf(ALICE, 1),
    ]);
    assert.deepEqual(await store.listAudit({ domain: 'example.org', limit: 2 }), [auditOf(ALICE, 3), auditOf(BOB, 2)]);
    assert.deepEqual(await store.listAudit({ domain: 'nobody.example', limit: 2 }), []);
  });
}

function watchContract(contract: Contract): void {
  contract('every watcher hears of every change, those of one name in order', async ({ store, another }) => {
    const other = await another();
    const heard: Change[][] = [];
    const watches = await Promise.all(
      [store, other].map((each) => {
        const changes: Change[] = [];
        heard.push(changes);
        return each.watch({ onChange: (change) => changes.push(change), onGap: () => assert.fail('a gap') });
      }),
    );
    await store.saveDomain('example.org', DOMAIN);
    await other.saveDomain('example.org', DOMAIN);
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await other.updateAccount(ALICE, () => ({ record: undefined, result: undefined }));
    await saveAccount(other, ALICE, EMPTY_ACCOUNT);
    await eventually('all is heard', () => heard.every((changes) => changes.length >= 4));
    for (const changes of heard) {
      assert.deepEqual(
        changes.filter(({ kind }) => kind === 'domain'),
        [1, 2].map((epoch) => ({ kind: 'domain', domain: 'example.org', epoch })),
      );
      assert.deepEqual(
        changes.filter(({ kind }) => kind === 'account'),
        [1, 2].map((epoch) => ({ kind: 'account', account: ALICE.name, epoch })),
      );
    }
    await Promise.all(watches.map((watch) => watch.stop()));
  });

  contract('a watcher that has stopped hears nothing more', async ({ store }) => {
    const stopped: Change[] = [];
    const listening: Change[] = [];
    const first = await store.watch({ onChange: (change) => stopped.push(change), onGap: () => undefined });
    const second = await store.watch({ onChange: (change) => listening.push(change), onGap: () => undefined });
    await first.stop();
    await store.saveDomain('example.org', DOMAIN);
    await eventually('the other one hears it', () => listening.length === 1);
    assert.deepEqual(stopped, []);
    await second.stop();
  });

  contract('a store in order is usable', async ({ store }) => {
    assert.equal((await store.check()).usable, true);
  });
}
