import assert from 'node:assert/strict';
import test from 'node:test';
import { auditCsv, listAuditPage } from '#policy/admins/audit-listing.ts';
import { START_MS, testTools } from '../../support/policy.ts';

import type { AuditAction } from '#policy/ports/audit.ts';

const DOMAIN = 'example.org';

async function filled(entries: readonly (readonly [AuditAction, string, string | undefined, string?])[]) {
  const { store } = testTools();
  for (const [at, [action, actor, account, name = 'x']] of entries.entries()) {
    await store.appendAudit({ at: START_MS + at * 1000, actor, action, domain: DOMAIN, account, detail: { name } });
  }
  return store;
}

const ENTRIES = [
  ['account.enrolled', 'alice@example.org', 'alice@example.org'],
  ['account.suspended', 'admin:root', 'bob@example.org'],
  ['domain.changed', 'admin:root', undefined],
  ['account.suspended', 'cli:ops', 'alice@example.org'],
] as const;

test('the audit is filtered by who, to whom, what and when, newest first', async () => {
  const store = await filled(ENTRIES);
  const actions = async (filter: Omit<Parameters<typeof listAuditPage>[1], 'domain'>) => {
    const { entries } = await listAuditPage(store, { domain: DOMAIN, ...filter }, { skip: 0, limit: 10 });
    return entries.map(({ action, actor }) => `${actor} ${action}`);
  };
  assert.equal((await actions({})).length, 4);
  assert.deepEqual(await actions({ actor: 'Root' }), ['admin:root domain.changed', 'admin:root account.suspended']);
  assert.deepEqual(await actions({ account: 'alice' }), [
    'cli:ops account.suspended',
    'alice@example.org account.enrolled',
  ]);
  assert.deepEqual(await actions({ action: 'account.suspended', account: 'bob' }), ['admin:root account.suspended']);
  assert.deepEqual(await actions({ from: START_MS + 1000, until: START_MS + 2000 }), [
    'admin:root domain.changed',
    'admin:root account.suspended',
  ]);
});

test('a page of the audit says how many there are in all', async () => {
  const store = await filled(ENTRIES);
  const { entries, total } = await listAuditPage(store, { domain: DOMAIN }, { skip: 3, limit: 3 });
  assert.equal(total, 4);
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['account.enrolled'],
  );
});

test('the exported table is quoted, and no cell of it is taken for a formula', async () => {
  const store = await filled([
    ['app-password.added', '=cmd|calc!A1@example.org', '+1@example.org', 'a "quoted", one\r\nand another line'],
    ['app-password.added', '-2@example.org', ' =x@example.org'],
  ]);
  assert.equal(
    await auditCsv(store, { domain: DOMAIN }),
    [
      '"time","who","did","domain","account","detail"',
      `"${new Date(START_MS + 1000).toISOString()}","'-2@example.org","app-password.added","example.org","' =x@example.org","name=x"`,
      `"${new Date(START_MS).toISOString()}","'=cmd|calc!A1@example.org","app-password.added","example.org","'+1@example.org","name=a ""quoted"", one\r\nand another line"`,
      '',
    ].join('\r\n'),
  );
});
