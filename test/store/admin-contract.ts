/** What policy/ports/admins.ts promises of admins and users, as tests for any store. */

import assert from 'node:assert/strict';

import type { AdminRecord } from '#policy/ports/admins.ts';
import type { Account } from '#core/identity.ts';
import type { Store } from '#policy/ports/store.ts';
import type { TokenRecord } from '#policy/ports/tokens.ts';
import type { StoreCaps } from '#store/caps.ts';
import type { Fresh } from './contract.ts';
import type { AccountRecord } from '#policy/ports/records.ts';

type Contract = (title: string, body: (fresh: Fresh) => Promise<void>, caps?: Partial<StoreCaps>) => void;

const NOW = Date.now();
const ADMIN: AdminRecord = { name: 'alice@example.org', role: 'admin', domains: 'all', grantedAt: NOW, grantedBy: 'x' };
const TOTP = { sealedSecret: 's', confirmedAt: NOW, lastStep: 1 };
const LOCAL: AdminRecord = {
  name: 'root',
  role: 'help-desk',
  domains: ['example.org'],
  grantedAt: NOW,
  grantedBy: 'cli:root',
  local: { passwordHash: '$2b$12$x', totp: TOTP },
};

const TOKEN: TokenRecord = {
  id: 'abcdefghjk',
  name: 'nginx',
  roles: ['verifier', 'reveal'],
  domains: ['example.org'],
  digest: 'd',
  keyId: 'k',
  createdAt: NOW,
  createdBy: 'cli:root',
  expiresAt: NOW + 1000,
};

const EMPTY_ACCOUNT: AccountRecord = { recoveryCodes: [], appPasswords: [] };

function accountOf(local: string, domain = 'example.org'): Account {
  return { name: `${local}@${domain}`, local, domain };
}

async function saveAccount(store: Store, account: Account, record: AccountRecord): Promise<void> {
  await store.updateAccount(account, () => ({ record, result: undefined }));
}

async function seen(store: Store, local: string, now = NOW, domain = 'example.org'): Promise<void> {
  const account = accountOf(local, domain);
  const success = { account, network: '192.0.2.7/32', secretFingerprint: 'm', now, protocol: 'imap' } as const;
  await store.recordSuccess({ ...success, ordinaryPassword: true });
}

/** Registers these tests. */
export function adminContract(contract: Contract): void {
  contract('nobody is an admin at first, and who is added is seen everywhere', async ({ store, another }) => {
    assert.deepEqual(await store.lookupAdmins(), { record: undefined, epoch: 0 });
    await store.updateAdmins(({ admins }) => ({ record: { admins: [...admins, ADMIN] }, result: undefined }));
    const result = await store.updateAdmins(({ admins }) => ({ record: { admins: [...admins, LOCAL] }, result: 'x' }));
    assert.equal(result, 'x');
    const other = await another();
    assert.deepEqual(await other.lookupAdmins(), { record: { admins: [ADMIN, LOCAL] }, epoch: 2 });
    const untouched = await other.updateAdmins(({ admins }) => ({ record: undefined, result: admins.length }));
    assert.equal(untouched, 2);
    assert.equal((await store.lookupAdmins()).epoch, 2);
  });

  contract('tokens are kept beside the admins, and of parallel changes to them none is lost', async (fresh) => {
    const { store } = fresh;
    const other = await fresh.another();
    assert.deepEqual(await store.lookupTokens(), { record: undefined, epoch: 0 });
    const names = Array.from({ length: 20 }, (_, at) => `token-${at}`);
    await Promise.all(
      names.map((name, at) =>
        (at % 2 ? store : other).updateTokens(({ tokens }) => ({
          record: { tokens: [...tokens, { ...TOKEN, name }] },
          result: undefined,
        })),
      ),
    );
    const { record, epoch } = await other.lookupTokens();
    assert.equal(epoch, names.length);
    assert.deepEqual(record?.tokens.map(({ name }) => name).toSorted(), names.toSorted());
    assert.deepEqual(record?.tokens[0], { ...TOKEN, name: record?.tokens[0]?.name });
    assert.deepEqual(await store.lookupAdmins(), { record: undefined, epoch: 0 });
  });

  contract('of parallel changes to the admins none is lost', async ({ store, another }) => {
    const other = await another();
    const names = Array.from({ length: 20 }, (_, at) => `a${at}@example.org`);
    await Promise.all(
      names.map((name, at) =>
        (at % 2 ? store : other).updateAdmins(({ admins }) => ({
          record: { admins: [...admins, { ...ADMIN, name }] },
          result: undefined,
        })),
      ),
    );
    const { record, epoch } = await store.lookupAdmins();
    assert.deepEqual(record?.admins.map(({ name }) => name).toSorted(), names.toSorted());
    assert.equal(epoch, 20);
  });

  contract('a user is known by a record or by a login with the ordinary password', async ({ store, another }) => {
    await saveAccount(store, accountOf('carol'), EMPTY_ACCOUNT);
    await seen(store, 'alice', NOW - 5000);
    await seen(store, 'alice', NOW);
    await seen(store, 'alice', NOW - 9000);
    await seen(store, 'carol', NOW - 1);
    await seen(store, 'bob');
    await seen(store, 'dave', NOW, 'example.net');
    const account = accountOf('eve');
    await store.recordSuccess({ account, network: '192.0.2.7/32', secretFingerprint: 'm', now: NOW, protocol: 'imap' });
    const other = await another();
    const page = await other.listUsers({ domain: 'example.org', search: '', cursor: undefined, limit: 10 });
    assert.deepEqual(page, {
      items: [
        { account: 'alice@example.org', record: undefined, seenAt: NOW },
        { account: 'bob@example.org', record: undefined, seenAt: NOW },
        { account: 'carol@example.org', record: EMPTY_ACCOUNT, seenAt: NOW - 1 },
      ],
      next: undefined,
    });
  });

  contract('users are searched and paged in name order', async ({ store }) => {
    const locals = Array.from({ length: 30 }, (_, at) => `u${String(at).padStart(2, '0')}`);
    for (const [at, local] of locals.entries()) {
      if (at % 3 === 0) await saveAccount(store, accountOf(local), EMPTY_ACCOUNT);
      else await seen(store, local);
    }
    const all = async (search: string, limit: number): Promise<readonly string[]> => {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listUsers({ domain: 'example.org', search, cursor, limit });
        assert.ok(page.items.length === limit || page.next === undefined);
        found.push(...page.items.map(({ account }) => account.split('@')[0] ?? ''));
        cursor = page.next;
      } while (cursor !== undefined);
      return found;
    };
    assert.deepEqual(await all('', 7), locals);
    assert.deepEqual(await all('', 30), locals);
    assert.deepEqual(
      await all('1', 4),
      locals.filter((local) => local.includes('1')),
    );
    assert.deepEqual(await all('u29@exam', 4), ['u29']);
    for (const search of ['%', '_', "'", '*', '[0-9]', 'nobody']) assert.deepEqual(await all(search, 4), []);
  });
}
