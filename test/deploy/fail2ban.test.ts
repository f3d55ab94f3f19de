/** The filter for fail2ban, by fail2ban itself: what is a guess matches, with its address, and nothing else does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog, type Log } from '#ops/log.ts';
import { bannedBy } from '../support/fail2ban.ts';

function lines(tell: (log: Log) => void): string[] {
  const written: string[] = [];
  tell(openLog('debug', { write: (line) => void written.push(line.trimEnd()) }));
  return written;
}

const IN_APP = { session: 'k3f9', listener: 'imaps', protocol: 'imap', user: 'alice@example.org' } as const;
const ASKED = { session: 'k3f9', listener: 'verify', protocol: 'imap' } as const;

test('guesses at the portal and at the policy service match, from a file and as the journal is read', () => {
  const guesses = lines((log) => {
    log.info('browser.refused', { user: 'alice@example.org', address: '192.0.2.1', reason: 'wrong' });
    log.info('browser.refused', { user: '[no address: 0011aabb]', address: '192.0.2.2', reason: 'identity-refused' });
    log.info('browser.refused', { user: 'alice@example.org', address: '2001:db8::3', reason: 'second-factor' });
    const asked = log.child({ ...ASKED, address: '192.0.2.4' });
    asked.info('login.refused', { user: 'alice@example.org', actor: 'token:dovecot', reason: 'wrong-credentials' });
  });
  const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::3', '192.0.2.4'];
  assert.deepEqual(bannedBy(guesses), addresses);
  assert.deepEqual(bannedBy(guesses.map((line) => `mx1 postern[812]: ${line}`)), addresses);
});

test('outages, limits, suspensions and right passwords do not match', () => {
  const address = '192.0.2.9';
  const innocent = lines((log) => {
    for (const reason of ['suspended', 'app-password-required', 'enrolment-required', 'out-of-scope', 'LIMIT', ''])
      log.info('login.refused', { ...IN_APP, address, reason });
    log.warn('login.throttled', { ...IN_APP, address, retryAfterSeconds: 60 });
    log.warn('login.unavailable', { ...IN_APP, address });
    log.info('login.accepted', { ...IN_APP, address, opener: 'app-password' });
    for (const reason of ['throttled', 'unavailable', 'suspended'])
      log.info('browser.refused', { user: 'alice@example.org', address, reason });
    log.info('browser.signed-in', { user: 'alice@example.org', address });
    log.info('session.closed', { ...IN_APP, address, reason: 'wrong-credentials' });
  });
  assert.deepEqual(bannedBy(innocent), []);
});

test('a name that is written like a line of the log has nobody else banned', () => {
  const user = 'x","address":"198.51.100.1","reason":"wrong-credentials","event":"login.refused"}';
  const forged = lines((log) => {
    log.info('login.refused', { ...IN_APP, user, address: '192.0.2.5', reason: 'wrong-credentials' });
    log.warn('login.throttled', { ...IN_APP, user, address: '192.0.2.6', retryAfterSeconds: 1 });
  });
  assert.deepEqual(bannedBy(forged), ['192.0.2.5']);
});
