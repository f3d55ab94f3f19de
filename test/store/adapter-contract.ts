/** What only a store with a disk or a server behind it can show: damaged records, hostile names, caps, great numbers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFault } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import type { StoreCaps } from '#store/caps.ts';
import {
  accountOf,
  appPassword,
  auditOf,
  DOMAIN,
  EMPTY_ACCOUNT,
  NETWORK,
  NOW,
  query,
  saveAccount,
  sessionOf,
  type Fresh,
} from './contract.ts';
import type { PasskeyRecord } from '#policy/ports/records.ts';

/** Ways around the store, to its raw data. */
export interface Tampering {
  /** Replaces the stored text of a record that exists; null removes it. */
  readonly tamper: (kind: 'account' | 'domain', name: string, text: string | null) => Promise<void>;
  /** The stored text of a record. */
  readonly stored: (kind: 'account' | 'domain', name: string) => Promise<string>;
  /** Writes many accounts at once. */
  readonly fill: (domain: string, names: readonly string[], text: string) => Promise<void>;
}

export type OpenTampering = (caps?: Partial<StoreCaps>) => Promise<Fresh & Tampering>;

const ALICE = accountOf('alice');
const VALID = JSON.stringify({ v: 1, record: EMPTY_ACCOUNT });

const PASSKEY: PasskeyRecord = {
  id: 'i',
  name: 'Phone',
  publicKey: 'k',
  counter: 1,
  transports: ['internal'],
  createdAt: NOW,
  lastUsedAt: NOW,
};

const DAMAGED: readonly (readonly [string, string])[] = [
  ['a later version', JSON.stringify({ v: 9, record: EMPTY_ACCOUNT })],
  ['no version', JSON.stringify(EMPTY_ACCOUNT)],
  ['an unknown field', JSON.stringify({ v: 1, record: { ...EMPTY_ACCOUNT, passkeys: [] } })],
  ['a missing field', JSON.stringify({ v: 1, record: { recoveryCodes: [] } })],
  ['a field of another type', JSON.stringify({ v: 1, record: { ...EMPTY_ACCOUNT, recoveryCodes: 'x' } })],
  [
    'a field of version 2 in version 1',
    JSON.stringify({ v: 1, record: { ...EMPTY_ACCOUNT, emailFactor: { confirmedAt: 1 } } }),
  ],
  ['no JSON', '{"v":1,'],
  ['nothing', ''],
];

/** Registers these tests; their titles begin with `name`. `many` is how many accounts the largest listing has. */
export function adapterContract(name: string, open: OpenTampering, many: number): void {
  const contract: Contract = (title, body, caps) => {
    test(`${name}: ${title}`, { timeout: 60_000 }, async () => {
      const fresh = await open(caps);
      try {
        await body(fresh);
      } finally {
        await fresh.close();
      }
    });
  };
  damageContract(contract);
  hostileContract(contract);
  sizeContract(contract, many);
}

type Contract = (title: string, body: (fresh: Fresh & Tampering) => Promise<void>, caps?: Partial<StoreCaps>) => void;

const invalid = (error: unknown): boolean => isFault(error, 'RECORD_INVALID');

function damageContract(contract: Contract): void {
  for (const [what, text] of DAMAGED) {
    contract(`an account record with ${what} is refused, not guessed`, async ({ store, tamper }) => {
      await saveAccount(store, ALICE, EMPTY_ACCOUNT);
      await tamper('account', ALICE.name, text);
      await assert.rejects(store.lookupAccount(ALICE), invalid);
      await assert.rejects(store.lookupLogin(query(ALICE, 'a')), invalid);
      await assert.rejects(store.listAccounts(ALICE.domain, undefined, 10), invalid);
      await assert.rejects(saveAccount(store, ALICE, EMPTY_ACCOUNT), invalid);
    });
  }

  contract(
    'a domain record of a later version is refused, and the fault says which it is',
    async ({ store, tamper }) => {
      await store.saveDomain('example.org', DOMAIN);
      await tamper('domain', 'example.org', JSON.stringify({ v: 7, record: DOMAIN }));
      const refusal = (error: unknown): boolean => invalid(error) && /"example\.org" has version 7/.test(String(error));
      await assert.rejects(store.lookupDomain('example.org'), refusal);
      await assert.rejects(store.listDomains(undefined, 10), refusal);
      await assert.rejects(store.lookupLogin(query(ALICE, 'a')), refusal);
    },
  );

  contract('what an earlier release can read is written in its form, what it cannot in a later one', async (fresh) => {
    const { store, stored } = fresh;
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    assert.match(await stored('account', ALICE.name), /^\{"v":1,/);
    const record = { ...EMPTY_ACCOUNT, emailFactor: { confirmedAt: NOW }, passkeys: [PASSKEY] };
    await saveAccount(store, ALICE, record);
    assert.match(await stored('account', ALICE.name), /^\{"v":2,/);
    assert.deepEqual((await store.lookupAccount(ALICE)).record, record);
    const options = { ...DOMAIN, trustedBrowserDays: 30, maxAppPasswords: 5, appPasswordDays: 90 };
    await store.saveDomain('example.org', options);
    assert.match(await stored('domain', 'example.org'), /^\{"v":2,/);
    assert.deepEqual((await store.lookupDomain('example.org')).record, options);
  });

  contract('a record that could not be read back is not written', async ({ store }) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    const broken = { ...EMPTY_ACCOUNT, cutOffAt: Number.NaN };
    await assert.rejects(saveAccount(store, ALICE, broken), invalid);
    assert.deepEqual(await store.lookupAccount(ALICE), { record: EMPTY_ACCOUNT, epoch: 1 });
  });

  contract('an expiring record that could not be read back is not written', async ({ store }) => {
    const ref = { kind: 'code-sendings', id: 'x', owner: ALICE.name } as const;
    const content = { value: { sentAt: [Number.NaN] }, expiresAt: Date.now() + 60_000 };
    await assert.rejects(store.ephemeral.put(ref, content), invalid);
    assert.equal(await store.ephemeral.load(ref), undefined);
  });

  contract('epochs go on from where they were when a record has been removed', async ({ store, tamper }) => {
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    await store.saveDomain('example.org', DOMAIN);
    await tamper('account', ALICE.name, null);
    await tamper('domain', 'example.org', null);
    assert.deepEqual(await store.lookupAccount(ALICE), { record: undefined, epoch: 2 });
    assert.deepEqual(await store.listAccounts('example.org', undefined, 10), { items: [], next: undefined });
    assert.deepEqual(await store.listDomains(undefined, 10), { items: [], next: undefined });
    await saveAccount(store, ALICE, EMPTY_ACCOUNT);
    assert.equal(await store.saveDomain('example.org', DOMAIN), 2);
    assert.equal((await store.lookupAccount(ALICE)).epoch, 3);
    const { accounts, domains } = await store.epochs([ALICE], ['example.org']);
    assert.deepEqual([accounts.get(ALICE.name), domains.get('example.org')], [3, 2]);
  });
}

const HOSTILE_LOCALS = [
  'alice\r\nDEL postern:1:domains\r\n',
  '*1\r\n$8\r\nFLUSHALL\r\n',
  '{tag}',
  '}{',
  '{',
  'with space',
  'with:colon',
  'nul\0byte',
  'per%63ent',
  'percent',
  "quote'; DROP TABLE account; --",
  'ALICE',
  'alice',
  'älice',
  '',
  '*',
  '[a-z]',
  '../../alice',
];

function hostileContract(contract: Contract): void {
  contract('CVE-2022-27924: a name with line ends or commands in it is only ever a name', async ({ store }) => {
    const accounts = HOSTILE_LOCALS.map((local) => accountOf(local, `${local}.example`));
    for (const [at, account] of accounts.entries()) await useAll(store, account, at);
    for (const [at, account] of accounts.entries()) await assertAlone(store, account, at);
    assert.equal((await store.listSessions({ by: 'all' })).length, accounts.length);
    const { items } = await store.listDomains(undefined, 100);
    assert.deepEqual(new Set(items.map(({ domain }) => domain)), new Set(accounts.map(({ domain }) => domain)));
  });

  contract('a name of a megabyte neither breaks a key nor meets another one', async ({ store }) => {
    const accounts = ['x', 'y'].map((end) => accountOf(`${'a'.repeat(1024 * 1024)}${end}`));
    for (const [at, account] of accounts.entries()) await useAll(store, account, at);
    for (const [at, account] of accounts.entries()) await assertAlone(store, account, at);
  });
}

async function useAll(store: Fresh['store'], account: Account, at: number): Promise<void> {
  const record = { ...EMPTY_ACCOUNT, recoveryCodes: [`${at}`], appPasswords: [appPassword('p')] };
  await saveAccount(store, account, record);
  await store.saveDomain(account.domain, { ...DOMAIN, forcedFrom: at });
  await store.lookupLogin(query(account, `${at}`));
  const network = `10.0.${at}.0/32`;
  await store.recordSuccess({
    account,
    network,
    secretFingerprint: 'm',
    now: NOW + at,
    protocol: 'imap',
    appPasswordId: 'p',
  });
  await store.touchSessions([sessionOf(`${at} ${account.name.slice(0, 40)}`, account)]);
  await store.appendAudit(auditOf(account, at));
}

async function assertAlone(store: Fresh['store'], account: Account, at: number): Promise<void> {
  const facts = await store.lookupLogin(query(account, `${at}`));
  assert.deepEqual(facts.account.record?.recoveryCodes, [`${at}`]);
  assert.equal(facts.pressure.accountNetworkFailures, 1);
  assert.equal((await store.lookupLastUses(account)).get('p')?.network, `10.0.${at}.0/24`);
  assert.equal((await store.listSessions({ by: 'account', account })).length, 1);
  const listed = await store.listAudit({ domain: account.domain, account: account.name, limit: 5 });
  assert.deepEqual(listed, [auditOf(account, at)]);
  const { items } = await store.listAccounts(account.domain, undefined, 10);
  assert.ok(items.some((item) => item.account === account.name));
}

function sizeContract(contract: Contract, many: number): void {
  contract(
    'an account keeps only its latest networks',
    async ({ store }) => {
      for (const at of [1, 2, 3, 4]) {
        const network = `198.51.100.${at}/32`;
        await store.recordSuccess({ account: ALICE, network, secretFingerprint: 'm', now: NOW + at, protocol: 'imap' });
      }
      const known = await Promise.all(
        [1, 2, 3, 4].map(async (at) => {
          const facts = await store.lookupLogin(query(ALICE, 'x', { network: `198.51.100.${at}/32`, now: NOW + 10 }));
          return facts.pressure.knownNetwork;
        }),
      );
      assert.deepEqual(known, [false, false, true, true]);
    },
    { knownNetworks: 2 },
  );

  contract(
    'a network is known for as long as the settings say',
    async ({ store }) => {
      await store.recordSuccess({
        account: ALICE,
        network: NETWORK,
        secretFingerprint: 'm',
        now: NOW,
        protocol: 'imap',
      });
      const knownAt = async (now: number) =>
        (await store.lookupLogin(query(ALICE, 'x', { now }))).pressure.knownNetwork;
      assert.equal(await knownAt(NOW + 99_999), true);
      assert.equal(await knownAt(NOW + 100_000), false);
    },
    { knownNetworkSeconds: 100 },
  );

  contract(
    'the audit keeps only its latest entries',
    async ({ store }) => {
      for (const note of [1, 2, 3, 4, 5]) await store.appendAudit(auditOf(ALICE, note));
      const listed = async (account?: string) =>
        (await store.listAudit({ domain: 'example.org', account, limit: 10 })).map(({ detail }) => detail['note']);
      assert.deepEqual(await listed(ALICE.name), [5, 4]);
      assert.deepEqual(await listed(), [5, 4, 3]);
    },
    { auditEntriesPerAccount: 2, auditEntriesPerDomain: 3 },
  );

  contract('a login with the ordinary password that is long ago makes nobody known', async ({ store }) => {
    const now = Date.now();
    const ago = async (local: string, days: number): Promise<void> => {
      const account = accountOf(local);
      const success = {
        account,
        network: NETWORK,
        secretFingerprint: 'm',
        protocol: 'imap',
        ordinaryPassword: true,
      } as const;
      await store.recordSuccess({ ...success, now: now - days * 86_400_000 });
    };
    await ago('alice', 401);
    await ago('bob', 399);
    const page = await store.listUsers({ domain: 'example.org', search: '', cursor: undefined, limit: 10 });
    assert.deepEqual(
      page.items.map(({ account }) => account),
      ['bob@example.org'],
    );
  });

  contract(`${many} accounts are listed completely, once each and in order`, async ({ store, fill }) => {
    const names = Array.from({ length: many }, (_, at) => `u${String(at).padStart(6, '0')}@example.org`);
    await fill('example.org', names, VALID);
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listAccounts('example.org', cursor, 1000);
      listed.push(...page.items.map(({ account }) => account));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.equal(listed.length, names.length);
    assert.ok(listed.every((name, at) => name === names[at]));
    // The page that an admin sees, wherever in the list it is, and a search that has to look through all of it.
    const last = names.at(-1) ?? '';
    for (const query of [
      { search: '', cursor: names.at(-2) },
      { search: last.slice(0, 7), cursor: undefined },
    ]) {
      const page = await store.listUsers({ domain: 'example.org', limit: 50, ...query });
      assert.deepEqual(
        page.items.map(({ account }) => account),
        [last],
      );
      assert.equal(page.next, undefined);
    }
    const none = { domain: 'example.org', search: 'nobody', cursor: undefined, limit: 50 };
    assert.deepEqual(await store.listUsers(none), { items: [], next: undefined });
  });
}
