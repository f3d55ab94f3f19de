import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VerdictCache } from '#policy/logins/verdict-cache.ts';
import { testAccount } from '../../support/policy.ts';

import type { KnownAnswer } from '#policy/logins/verdict-cache.ts';

const ALICE = testAccount();
const ANSWER: KnownAnswer = {
  opener: { kind: 'app-password', id: 'p1', generation: 1 },
  epochs: { account: 3, domain: 7 },
};

function lastKnown(options: { staleSeconds?: number; maxAccounts?: number; maxAnswersPerAccount?: number } = {}) {
  return new VerdictCache({ staleSeconds: 300, maxAccounts: 100, maxAnswersPerAccount: 100, ...options });
}

test('an answer is repeated for the same question as long as it is fresh', () => {
  const memory = lastKnown();
  memory.remember(ALICE, 'q1', ANSWER, 1000);
  assert.deepEqual(memory.recall(ALICE, 'q1', 1000), ANSWER);
  assert.deepEqual(memory.recall(ALICE, 'q1', 301_000), ANSWER);
  assert.equal(memory.recall(ALICE, 'q1', 301_001), undefined);
  assert.equal(memory.recall(ALICE, 'q2', 1000), undefined);
  assert.equal(memory.recall(testAccount('bob'), 'q1', 1000), undefined);
});

test('an answer from the future is not repeated: the clock was set back', () => {
  const memory = lastKnown();
  memory.remember(ALICE, 'q1', ANSWER, 1000);
  assert.equal(memory.recall(ALICE, 'q1', 999), undefined);
});

test('repeating an answer does not keep it fresh, giving it again does', () => {
  const memory = lastKnown();
  memory.remember(ALICE, 'q1', ANSWER, 0);
  memory.recall(ALICE, 'q1', 200_000);
  assert.equal(memory.recall(ALICE, 'q1', 300_001), undefined);
  memory.remember(ALICE, 'q1', ANSWER, 200_000);
  assert.deepEqual(memory.recall(ALICE, 'q1', 400_000), ANSWER);
});

test('an app password that has expired since is not repeated', () => {
  const memory = lastKnown();
  const answer = { ...ANSWER, cutOffAt: 2000 };
  memory.remember(ALICE, 'q1', answer, 1000);
  assert.deepEqual(memory.recall(ALICE, 'q1', 1999), answer);
  assert.equal(memory.recall(ALICE, 'q1', 2000), undefined);
});

test('where nothing may be stale nothing is remembered', () => {
  const memory = lastKnown({ staleSeconds: 0 });
  memory.remember(ALICE, 'q1', ANSWER, 1000);
  assert.equal(memory.recall(ALICE, 'q1', 1000), undefined);
});

test('a forgotten question takes no other with it', () => {
  const memory = lastKnown();
  memory.remember(ALICE, 'q1', ANSWER, 0);
  memory.remember(ALICE, 'q2', ANSWER, 0);
  memory.forget(ALICE, 'q1');
  assert.equal(memory.recall(ALICE, 'q1', 0), undefined);
  assert.deepEqual(memory.recall(ALICE, 'q2', 0), ANSWER);
});

test('a change of the account or its domain drops its answers and nobody else’s', () => {
  const others = [testAccount('bob'), testAccount('alice', 'example.net')];
  const changes = [
    { kind: 'account', account: 'alice@example.org', epoch: 4 },
    { kind: 'account', account: 'alice@example.org', epoch: 2 },
  ] as const;
  for (const change of changes) {
    const memory = lastKnown();
    for (const account of [ALICE, ...others]) memory.remember(account, 'q1', ANSWER, 0);
    memory.note(change);
    assert.equal(memory.recall(ALICE, 'q1', 0), undefined);
    for (const other of others) assert.deepEqual(memory.recall(other, 'q1', 0), ANSWER);
  }
  const memory = lastKnown();
  for (const account of [ALICE, ...others]) memory.remember(account, 'q1', ANSWER, 0);
  memory.note({ kind: 'domain', domain: 'example.org', epoch: 8 });
  assert.equal(memory.recall(ALICE, 'q1', 0), undefined);
  assert.equal(memory.recall(testAccount('bob'), 'q1', 0), undefined);
  assert.deepEqual(memory.recall(testAccount('alice', 'example.net'), 'q1', 0), ANSWER);
  memory.note({ kind: 'session', id: 's1' });
  assert.deepEqual(memory.recall(testAccount('alice', 'example.net'), 'q1', 0), ANSWER);
});

test('records seen at other versions drop answers, though no change was announced', () => {
  for (const epochs of [
    { account: 4, domain: 7 },
    { account: 3, domain: 8 },
  ]) {
    const memory = lastKnown();
    memory.remember(ALICE, 'q1', ANSWER, 0);
    memory.observe(ALICE, ANSWER.epochs);
    assert.deepEqual(memory.recall(ALICE, 'q1', 0), ANSWER);
    memory.observe(ALICE, epochs);
    assert.equal(memory.recall(ALICE, 'q1', 0), undefined);
  }
});

test('an answer overtaken by a change on its way is not remembered', () => {
  const ofAccount = lastKnown();
  ofAccount.note({ kind: 'account', account: ALICE.name, epoch: 4 });
  ofAccount.remember(ALICE, 'q1', ANSWER, 0);
  assert.equal(ofAccount.recall(ALICE, 'q1', 0), undefined);
  const ofDomain = lastKnown();
  ofDomain.note({ kind: 'domain', domain: ALICE.domain, epoch: 8 });
  ofDomain.remember(ALICE, 'q1', ANSWER, 0);
  assert.equal(ofDomain.recall(ALICE, 'q1', 0), undefined);
  const newer = { ...ANSWER, epochs: { account: 4, domain: 8 } };
  ofDomain.remember(ALICE, 'q1', newer, 0);
  assert.deepEqual(ofDomain.recall(ALICE, 'q1', 0), newer);
});

test('memory is bounded by accounts and by answers of each, the oldest go first', () => {
  const memory = lastKnown({ maxAccounts: 3, maxAnswersPerAccount: 2 });
  const accounts = ['a', 'b', 'c', 'd'].map((local) => testAccount(local));
  for (const account of accounts) {
    for (const question of ['q1', 'q2', 'q3']) memory.remember(account, question, ANSWER, 0);
  }
  const kept = accounts.map((account) => ['q1', 'q2', 'q3'].filter((question) => memory.recall(account, question, 0)));
  assert.deepEqual(kept, [[], ['q2', 'q3'], ['q2', 'q3'], ['q2', 'q3']]);
});
