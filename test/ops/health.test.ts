import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthOf, workerProblems, type Problem, type WatchedGateway } from '#ops/health.ts';

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const WELL = { usable: true, remarks: [] };

function gateway(replaced: Partial<WatchedGateway> = {}): WatchedGateway {
  return {
    listeners: [{ name: 'imap-993', protocol: 'imap', address: '::', port: 993, open: true }],
    backendHosts: [host('one.internal'), host('two.internal')],
    certificateExpiresAt: new Date(NOW + 90 * DAY_MS),
    ...replaced,
  };
}

function host(name: string, why?: string) {
  return { backend: 'main', protocol: 'imap', host: name, up: why === undefined, why };
}

function expiring(days: number): readonly Problem[] {
  return workerProblems(gateway({ certificateExpiresAt: new Date(NOW + days * DAY_MS) }), WELL, NOW);
}

test('a gateway that lacks nothing has no problem', () => {
  assert.deepEqual(workerProblems(gateway(), WELL, NOW), []);
  assert.deepEqual(healthOf([{ worker: 0, problems: [] }]), { status: 'ready', problems: [] });
});

test('a gateway without certificates is not asked for them', () => {
  assert.deepEqual(workerProblems(gateway({ certificateExpiresAt: undefined }), WELL, NOW), []);
});

test('a listener that is not open is named', () => {
  const listeners = [{ name: 'imap-993', protocol: 'imap', address: '::', port: 993, open: false }];
  assert.deepEqual(workerProblems(gateway({ listeners }), WELL, NOW), [
    { severity: 'unready', words: 'listener imap-993 (:: port 993) is not open' },
  ]);
});

test('one host of two that is down degrades the gateway, with the reason', () => {
  const backendHosts = [host('one.internal'), host('two.internal', 'connect ECONNREFUSED')];
  assert.deepEqual(workerProblems(gateway({ backendHosts }), WELL, NOW), [
    { severity: 'degraded', words: 'backend main: two.internal is down for imap: connect ECONNREFUSED' },
  ]);
});

test('a protocol that no backend serves makes the gateway unready', () => {
  const problems = workerProblems(gateway({ backendHosts: [host('one.internal', 'deadline')] }), WELL, NOW);
  assert.deepEqual(problems, [
    { severity: 'unready', words: 'no backend is up for imap' },
    { severity: 'degraded', words: 'backend main: one.internal is down for imap: deadline' },
  ]);
});

test('a store that does not answer, is unfit or has a remark is told apart', () => {
  assert.deepEqual(workerProblems(gateway(), undefined, NOW), [
    { severity: 'unready', words: 'the store is out of reach: it does not answer' },
  ]);
  assert.deepEqual(workerProblems(gateway(), { usable: false, remarks: ['Redis evicts.'] }, NOW), [
    { severity: 'unready', words: 'the store is out of reach or unfit: Redis evicts.' },
  ]);
  assert.deepEqual(workerProblems(gateway(), { usable: true, remarks: ['Redis does not persist.'] }, NOW), [
    { severity: 'degraded', words: 'Redis does not persist.' },
  ]);
});

test('a certificate is remarked on from two weeks before it expires', () => {
  assert.deepEqual(expiring(14), []);
  assert.deepEqual(expiring(13.5), [{ severity: 'degraded', words: 'a certificate expires in 13 days' }]);
  assert.deepEqual(expiring(1.5), [{ severity: 'degraded', words: 'a certificate expires in 1 day' }]);
  assert.deepEqual(expiring(0.5), [{ severity: 'degraded', words: 'a certificate expires in less than a day' }]);
  assert.deepEqual(expiring(-1), [{ severity: 'unready', words: 'a certificate expired on 2025-12-31T00:00:00.000Z' }]);
});

test('what all workers say is said once; what some say, with their numbers', () => {
  const down: Problem = { severity: 'degraded', words: 'one.internal is down' };
  const store: Problem = { severity: 'degraded', words: 'Redis does not persist.' };
  const health = healthOf([
    { worker: 0, problems: [store] },
    { worker: 1, problems: [store, down] },
    { worker: 2, problems: [store, down] },
  ]);
  assert.deepEqual(health, {
    status: 'degraded',
    problems: ['Redis does not persist.', 'one.internal is down (seen by worker 1, 2)'],
  });
});

test('a worker that does not answer is named; when none does, the gateway is unready', () => {
  const silent = 'worker 1 does not answer: it is starting, stuck or gone';
  assert.deepEqual(
    healthOf([
      { worker: 0, problems: [] },
      { worker: 1, problems: undefined },
    ]),
    { status: 'degraded', problems: [silent] },
  );
  assert.deepEqual(healthOf([{ worker: 1, problems: undefined }]), { status: 'unready', problems: [silent] });
});

test('one worker that can serve nobody makes the gateway unready', () => {
  const health = healthOf([
    { worker: 0, problems: [] },
    { worker: 1, problems: [{ severity: 'unready', words: 'no backend is up for imap' }] },
  ]);
  assert.deepEqual(health, { status: 'unready', problems: ['no backend is up for imap (seen by worker 1)'] });
});
