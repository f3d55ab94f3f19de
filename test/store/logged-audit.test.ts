import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggedAudit } from '#store/logged-audit.ts';
import { Fault } from '#core/fault.ts';
import { memoryLog } from '#ops/log.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import { makeMemoryStore } from '../support/memory-store.ts';

const ENTRY: AuditEntry = {
  at: 0,
  actor: 'root@example.org',
  action: 'account.suspended',
  domain: 'example.org',
  account: 'alice@example.org',
  detail: { reason: 'left', sessions: 2 },
};
const LOGGED = {
  actor: 'root@example.org',
  action: 'account.suspended',
  domain: 'example.org',
  user: 'alice@example.org',
  details: ['reason=left', 'sessions=2'],
};

test('an entry of the audit is in the store and in the log', async () => {
  const log = memoryLog();
  const store = loggedAudit(makeMemoryStore({ clock: () => 0 }), log);
  await store.appendAudit(ENTRY);
  assert.deepEqual(await store.listAudit({ domain: 'example.org', limit: 9 }), [ENTRY]);
  assert.deepEqual(log.entries, [{ level: 'info', event: 'audit.written', ...LOGGED }]);
});

test('an entry that the store did not take is in the log whole, and the fault goes on', async () => {
  const log = memoryLog();
  const gone = new Fault('STORE_UNAVAILABLE', 'gone');
  const store = loggedAudit({ ...makeMemoryStore({ clock: () => 0 }), appendAudit: () => Promise.reject(gone) }, log);
  await assert.rejects(store.appendAudit(ENTRY), gone);
  const expected = { level: 'error', event: 'audit.failed', ...LOGGED, code: 'STORE_UNAVAILABLE', error: 'gone' };
  assert.deepEqual(log.entries, [expected]);
});
