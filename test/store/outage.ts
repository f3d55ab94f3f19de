/** What every Redis topology must show when its servers go away: a fault in time, no late writes, a quick return. */

import assert from 'node:assert/strict';
import { isFault } from '#core/fault.ts';
import type { Store } from '#policy/ports/store.ts';
import { eventually } from '../support/processes.ts';
import { accountOf, DOMAIN, EMPTY_ACCOUNT, NETWORK, NOW, query, saveAccount, sessionOf } from './contract.ts';

/** Short, so that tests are; the other processes of a busy machine get this much on top. */
export const DEADLINE_MS = 400;
const SLACK_MS = 1500;

const ALICE = accountOf('alice');

const OPERATIONS: readonly ((store: Store) => Promise<unknown>)[] = [
  (store) => store.lookupLogin(query(ALICE, 'a')),
  (store) =>
    store.recordSuccess({ account: ALICE, network: NETWORK, secretFingerprint: 'a', now: NOW, protocol: 'imap' }),
  (store) => store.forgiveFailures(ALICE),
  (store) => store.lookupDomain('example.org'),
  (store) => store.saveDomain('example.org', DOMAIN),
  (store) => store.listDomains(undefined, 10),
  (store) => store.lookupAccount(ALICE),
  (store) => saveAccount(store, ALICE, EMPTY_ACCOUNT),
  (store) => store.listAccounts('example.org', undefined, 10),
  (store) => store.listAccountDomains(undefined, 10),
  (store) => store.lookupLastUses(ALICE),
  (store) => store.touchSessions([sessionOf('s', ALICE)]),
  (store) => store.touchSessions([sessionOf('s', ALICE)]),
  (store) => store.closeSessions([sessionOf('s', ALICE)]),
  (store) => store.listSessions({ by: 'all' }),
  (store) => store.cutOffSession('s'),
  (store) => store.announceTrace({ kind: 'trace', by: 'session', value: 's', seconds: 60 }),
  (store) => store.listAudit({ domain: 'example.org', limit: 1 }),
  (store) => store.epochs([ALICE], ['example.org']),
  (store) => store.watch({ onChange: () => undefined, onGap: () => undefined }),
];

/** Every operation fails with STORE_UNAVAILABLE within the deadline, all of them asked for at the same time. */
export async function assertUnavailable(store: Store): Promise<void> {
  const begun = performance.now();
  await Promise.all(
    OPERATIONS.map((operation) =>
      assert.rejects(operation(store), (error) => isFault(error, 'STORE_UNAVAILABLE'), operation.toString()),
    ),
  );
  const took = performance.now() - begun;
  assert.ok(took < DEADLINE_MS + SLACK_MS, `took ${took} ms`);
  const health = await store.check();
  assert.equal(health.usable, false);
  assert.notEqual(health.remarks.length, 0);
}

/** The store answers again, within `deadlineMs`. */
export async function assertRecovers(store: Store, deadlineMs: number): Promise<void> {
  await eventually(
    'the store answers again',
    () =>
      store.lookupLogin(query(ALICE, 'a')).then(
        () => true,
        () => false,
      ),
    deadlineMs,
  );
}
