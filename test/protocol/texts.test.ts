import test from 'node:test';
import assert from 'node:assert/strict';
import { endText, refusalText, stopText, TLS_REQUIRED_TEXT, TOO_MANY_ERRORS_TEXT } from '#protocol/texts.ts';
import type { Refusal } from '#protocol/texts.ts';
import { DENY_REASONS } from '../support/transcript.ts';

const WITH_PORTAL = { portalUrl: 'https://portal.example.com/2step', sessionId: 'a1b2' };
const WITHOUT_PORTAL = { portalUrl: '', sessionId: 'a1b2' };

const deny = (reason: (typeof DENY_REASONS)[number]): Refusal => ({ kind: 'deny', reason });

test('every sentence is one line of ASCII that fits a reply line of 512 octets', () => {
  const refusals: Refusal[] = [
    ...DENY_REASONS.map(deny),
    { kind: 'throttle', retryAfterSeconds: 86_400 },
    { kind: 'unavailable' },
    { kind: 'backend-refused', code: '', text: '' },
  ];
  const sentences = [
    ...refusals.flatMap((refusal) => [refusalText(refusal, WITH_PORTAL), refusalText(refusal, WITHOUT_PORTAL)]),
    ...(['unavailable', 'deadline', 'drain'] as const).map((why) => stopText(why, 'a1b2')),
    ...(['cut-off', 'drain', 'idle'] as const).map((why) => endText(why, 'a1b2')),
    TLS_REQUIRED_TEXT,
    TOO_MANY_ERRORS_TEXT,
  ];
  for (const sentence of sentences) assert.match(sentence, /^[\x20-\x7e]{10,480}$/);
});

test('a refusal ends with the session id', () => {
  for (const reason of DENY_REASONS) assert.ok(refusalText(deny(reason), WITH_PORTAL).endsWith(' (id: a1b2)'), reason);
  assert.equal(stopText('drain', 'a1b2'), 'The mail server is restarting: connect again. (id: a1b2)');
});

test('hints name the portal, or the administrator where there is no portal', () => {
  assert.equal(
    refusalText(deny('app-password-required'), WITH_PORTAL),
    'This account uses two-step authentication: your mail app needs an app password, not your usual password. ' +
      'Get one at https://portal.example.com/2step (id: a1b2)',
  );
  assert.equal(
    refusalText(deny('app-password-required'), WITHOUT_PORTAL),
    'This account uses two-step authentication: your mail app needs an app password, not your usual password. ' +
      'Ask your administrator for one. (id: a1b2)',
  );
  assert.equal(
    refusalText(deny('enrolment-required'), WITH_PORTAL),
    'Two-step authentication must be set up first at https://portal.example.com/2step (id: a1b2)',
  );
  assert.equal(
    refusalText(deny('enrolment-required'), WITHOUT_PORTAL),
    'Two-step authentication must be set up first. Ask your administrator how to do it. (id: a1b2)',
  );
  assert.equal(
    refusalText(deny('out-of-scope'), WITH_PORTAL),
    'This app password is not for this kind of mail program. Get another one at https://portal.example.com/2step (id: a1b2)',
  );
});

test('all that a guesser could ask about sounds the same', () => {
  const told = new Set(['app-password-required', 'enrolment-required', 'out-of-scope']);
  const others = DENY_REASONS.filter((reason) => !told.has(reason)).map((reason) =>
    refusalText(deny(reason), WITH_PORTAL),
  );
  assert.deepEqual(new Set(others), new Set(['The user name or password is not right. (id: a1b2)']));
  assert.equal(others.length, 5);
});

test('a wait is said in whole minutes, and never as none', () => {
  const wait = (retryAfterSeconds: number) => refusalText({ kind: 'throttle', retryAfterSeconds }, WITH_PORTAL);
  assert.match(wait(0), /Wait 1 minute,/);
  assert.match(wait(60), /Wait 1 minute,/);
  assert.match(wait(61), /Wait 2 minutes,/);
  assert.match(wait(900), /Wait 15 minutes,/);
});

test("a backend's words are repeated, and replaced when there are none", () => {
  const said = (text: string) => refusalText({ kind: 'backend-refused', code: '', text }, WITH_PORTAL);
  assert.equal(said('Mailbox expired.'), 'Mailbox expired. (id: a1b2)');
  assert.equal(said(''), 'The mail server does not let this account sign in. (id: a1b2)');
});
