import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { after } from 'node:test';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { resetFactors } from '#policy/factors/factors.ts';
import { listUserRows, lookupUserRow } from '#policy/accounts/user-listing.ts';
import { openStore } from '#store/open.ts';
import { enrolled, START_MS, testAccount, testTools } from '../../support/policy.ts';
import { temporaryDirectory } from '../../support/processes.ts';

import type { Account } from '#core/identity.ts';
import type { UserQuery } from '#policy/ports/admins.ts';
import type { Store } from '#policy/ports/store.ts';

const directory = await temporaryDirectory('users');
after(() => directory.remove());

async function seen(store: Store, account: Account, now: number): Promise<void> {
  const success = { account, network: '192.0.2.7/32', secretFingerprint: 'm', now, protocol: 'imap' } as const;
  await store.recordSuccess({ ...success, ordinaryPassword: true });
}

test('a page of users tells factors, last sign-in, sessions and suspension', async () => {
  const clock = { now: START_MS };
  const context = testTools(clock);
  const [alice, bob, carol] = [testAccount(), testAccount('bob'), testAccount('carol')];
  await enrolled(context, alice);
  await seen(context.store, bob, START_MS + 1);
  await enrolled(context, carol);
  const id = (await context.store.lookupAccount(carol)).record?.appPasswords[0]?.id;
  const use = { account: carol, network: 'n', secretFingerprint: 'm', now: START_MS + 2, protocol: 'pop3' } as const;
  await context.store.recordSuccess({ ...use, appPasswordId: id });
  await resetFactors(context, 'admin', carol);
  await suspendAccount(context, 'admin', carol);
  const opened = { account: bob.name, domain: bob.domain, address: '192.0.2.7', gateway: 'g' } as const;
  for (const [at, name] of ['s1', 's2'].entries()) {
    await context.store.touchSessions([
      {
        ...opened,
        protocol: 'imap',
        opener: { kind: 'ordinary-password' },
        id: name,
        openedAt: START_MS + at,
      },
    ]);
  }
  const page = await listUserRows(context.store, { domain: 'example.org', search: '', cursor: undefined, limit: 10 });
  assert.deepEqual(
    page.items.map((row) => [row.account.local, row.factors, row.lastSignInAt, row.suspended, row.sessions.length]),
    [
      ['alice', ['totp'], undefined, false, 0],
      ['bob', [], START_MS + 1, false, 2],
      ['carol', [], START_MS + 2, true, 0],
    ],
  );
  assert.deepEqual(
    page.items.map(({ enrolledAt }) => enrolledAt !== undefined),
    [true, false, true],
  );
  assert.equal((await lookupUserRow(context.store, bob))?.lastSignInAt, START_MS + 1);
  assert.equal((await lookupUserRow(context.store, bob))?.sessions[0]?.id, 's2');
  assert.equal(await lookupUserRow(context.store, testAccount('nobody')), undefined);
});

test('pages of a domain of 100,000 users come whole, in order and bounded, and a search finds the last of them', async () => {
  const path = join(directory.path, 'postern.db');
  const store = await openStore({ kind: 'embedded', path });
  fillWithUsers(path);
  const reads: number[] = [];
  const counting = {
    ...store,
    listUsers: async (query: UserQuery) => {
      const page = await store.listUsers(query);
      reads.push(page.items.length);
      return page;
    },
  };
  const asked = { domain: 'example.org', search: '', cursor: undefined, limit: 50 } as const;
  const first = await listUserRows(counting, asked);
  assert.equal(first.items[0]?.account.local, 'u00000');
  assert.equal(first.next, 'u00049@example.org');
  const last = await listUserRows(counting, { ...asked, cursor: 'u99949@example.org' });
  assert.equal(last.items.length, 50);
  assert.equal(last.next, undefined);
  const found = await listUserRows(counting, { ...asked, search: 'U99999' });
  assert.deepEqual(
    found.items.map(({ account }) => account.local),
    ['u99999'],
  );
  assert.deepEqual(reads, [50, 50, 1], 'no page reads more than it shows');
  await store.close();
});

// A login of each would take as long as that many transactions; these are the same rows.
function fillWithUsers(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`
    WITH RECURSIVE number (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM number WHERE at < 99999)
    INSERT INTO seen (domain, account, at, expires_at)
      SELECT 'example.org', printf('u%05d@example.org', at), 1, 9e15 FROM number`);
  database.close();
}
