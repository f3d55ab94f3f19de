import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { generateSync } from 'otplib';
import { commandWorld, START, type CommandWorld } from '../support/command-line.ts';

const ALICE = 'alice@example.org';
const APP_PASSWORD = /^[a-km-np-z2-9]{16}$/;

function world(t: { after: (action: () => void) => void }): CommandWorld {
  const made = commandWorld();
  t.after(made.remove);
  return made;
}

/** A code as the app shows it for this key at the world's time. */
function codeOf(at: CommandWorld, key: string): string {
  return generateSync({ secret: key, epoch: Math.floor(at.now / 1000) });
}

async function enrolled(at: CommandWorld): Promise<string> {
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  const begun = Object(await at.json('account', 'enrol', ALICE));
  const done = Object(await at.json('account', 'enrol', ALICE, '--code', codeOf(at, begun.key)));
  return done.appPassword;
}

test('an account that was never heard of is shown as it stands', async (t) => {
  const at = world(t);
  const { out } = await at.run(['account', 'show', 'Alice+news@EXAMPLE.org']);
  assert.equal(
    out,
    [
      'account             alice@example.org',
      'mail programs need  the ordinary password (two-step is off for the domain)',
      'enrolled            no',
      'factors             none',
      'recovery codes      0 left',
      'app passwords       0',
    ].join('\n'),
  );
});

test('enrolling by script is two calls: the key, then a code', async (t) => {
  const at = world(t);
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  const begun = Object(await at.json('account', 'enrol', ALICE));
  assert.match(begun.uri, /^otpauth:\/\/totp\/.*secret=[A-Z2-7]{32}/);
  assert.equal(begun.confirmWith, `postern account enrol ${ALICE} --code <code>`);
  const done = Object(await at.json('account', 'enrol', ALICE, '--code', codeOf(at, begun.key)));
  assert.equal(done.outcome, 'enrolled');
  assert.match(done.appPassword, APP_PASSWORD);
  assert.equal(done.recoveryCodes.length, 10);
  const shown = Object(await at.json('account', 'show', ALICE));
  assert.equal(shown.standing, 'app-password');
  assert.equal(shown.enrolledAt, new Date(START).toISOString());
  assert.deepEqual(Object(shown.appPasswords[0]).name, 'Mail apps');
});

test('enrolling in a terminal is one conversation, with a code that cameras can read', async (t) => {
  const at = world(t);
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  let shownKey = '';
  const answers = ['000 000', () => codeOf(at, shownKey)];
  const reading = { answers, colour: true, hear: (text: string) => (shownKey = keyIn(text) ?? shownKey) };
  const { code, out, err, questions } = await at.run(['account', 'enrol', ALICE], reading);
  assert.equal(code, 0, err);
  // Black on white, whatever the terminal's colours are.
  assert.match(err.replaceAll('\u001b', 'ESC'), /ESC\[30;107m.*█.*ESC\[0m/);
  assert.match(err, /This is not the code/);
  assert.equal(questions.length, 2);
  assert.match(stripVTControlCharacters(out), /^ {4}[a-z2-9]{4} [a-z2-9]{4} [a-z2-9]{4} [a-z2-9]{4}$/m);
  assert.equal(out.match(/[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}/g)?.length, 10);
});

test('three wrong codes end the conversation, and nothing was changed', async (t) => {
  const at = world(t);
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  const { code, err, questions } = await at.run(['account', 'enrol', ALICE], { answers: ['1', '2', '3'] });
  assert.equal(code, 1);
  assert.equal(questions.length, 3);
  assert.match(err, /postern: this is not a code of the authenticator app: nothing was changed$/);
  assert.equal(Object(await at.json('account', 'show', ALICE)).enrolledAt, null);
});

test('leaving the conversation changes nothing', async (t) => {
  const at = world(t);
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  const { code, err, questions } = await at.run(['account', 'enrol', ALICE], { answers: [] });
  assert.deepEqual([code, questions.length], [1, 1]);
  assert.match(err, /postern: nothing was changed$/);
});

test('replacing the app of an enrolled account asks first, and keeps its app passwords', async (t) => {
  const at = world(t);
  await enrolled(at);
  at.now += 60_000;
  const refused = await at.run(['account', 'enrol', ALICE], { answers: ['no'] });
  assert.deepEqual(refused.questions, [`${ALICE} has enrolled. Replace its authenticator app? [y/N] `]);
  assert.equal(refused.code, 1);
  const begun = Object(await at.json('account', 'enrol', ALICE, '--yes'));
  const { out } = await at.run(['account', 'enrol', ALICE, '--code', codeOf(at, begun.key)]);
  assert.match(out, /now uses the new authenticator app/);
  assert.equal(Object(await at.json('account', 'show', ALICE)).appPasswords.length, 1);
});

test('a code for an enrolment that nobody began, or that two-step forbids, is refused', async (t) => {
  const at = world(t);
  assert.match(
    (await at.run(['account', 'enrol', ALICE])).err,
    /two-step authentication is turned off for example\.org/,
  );
  await at.run(['domain', 'set', 'example.org', 'enabled']);
  const { code, err } = await at.run(['account', 'enrol', ALICE, '--code', '123456']);
  assert.equal(code, 1);
  assert.match(err, /no enrolment was begun/);
});

test('unenrolling asks, says what is lost, and lets nobody in where two-step is forced', async (t) => {
  const at = world(t);
  await enrolled(at);
  await at.run(['domain', 'set', 'example.org', 'forced', '--yes']);
  const { questions, out } = await at.run(['account', 'unenrol', ALICE], { answers: ['y'] });
  assert.deepEqual(questions, [
    `${ALICE} would lose its factors and 1 app password. It could not log in until it enrols again. Go on? [y/N] `,
  ]);
  assert.equal(out, `${ALICE} no longer uses two-step authentication.`);
  assert.equal((await at.run(['account', 'unenrol', ALICE, '--yes'])).code, 3);
});

test('resetting asks, keeps the app passwords unless told otherwise, and leaves the account enrolled', async (t) => {
  const at = world(t);
  await enrolled(at);
  const { questions, out } = await at.run(['account', 'reset', ALICE], { answers: ['y'] });
  assert.deepEqual(questions, [`${ALICE} would lose its factors and have to set them up again. Go on? [y/N] `]);
  assert.equal(out, `${ALICE} sets up two-step authentication at its next sign-in.`);
  const kept = Object(await at.json('account', 'show', ALICE));
  assert.deepEqual([kept.factors, kept.standing, kept.appPasswords.length], [[], 'app-password', 1]);
  await at.run(['account', 'reset', ALICE, '--revoke-app-passwords', '--yes']);
  assert.equal(Object(await at.json('account', 'show', ALICE)).appPasswords.length, 0);
  assert.equal((await at.run(['account', 'reset', 'bob@example.org', '--yes'])).code, 3);
});

test('suspending and resuming say whether they changed anything', async (t) => {
  const at = world(t);
  const suspend = await at.run(['account', 'suspend', ALICE, '--yes']);
  assert.equal(suspend.out, `${ALICE} is suspended, 0 sessions closed. End it with: postern account resume ${ALICE}`);
  assert.match((await at.run(['account', 'suspend', ALICE, '--yes'])).out, /was suspended already/);
  assert.match(
    (await at.run(['account', 'show', ALICE])).out,
    /^suspended +2026-03-01 \d\d:\d\d \(now\) by cli:tester$/m,
  );
  assert.match((await at.run(['account', 'list', 'example.org'])).out, /^alice@example\.org +no +0 +suspended$/m);
  assert.equal((await at.run(['account', 'resume', ALICE])).out, `${ALICE} may log in again.`);
  assert.equal((await at.run(['account', 'resume', ALICE])).out, `${ALICE} was not suspended.`);
});

test('unlocking forgets the wrong passwords', async (t) => {
  const at = world(t);
  assert.deepEqual(await at.json('account', 'unlock', ALICE), { account: ALICE, unlocked: true });
});

test('an account without a domain, or that no backend could tell apart, is refused', async (t) => {
  const at = world(t);
  const bare = await at.run(['account', 'show', 'alice']);
  assert.deepEqual(
    [bare.code, bare.err],
    [2, 'postern: "alice" is no account (it has no domain): write it like alice@example.org'],
  );
  assert.match((await at.run(['account', 'show', 'alice*master@example.org'])).err, /\(it is malformed\)/);
});

test('an app password is added with limits, listed, revealed, reset and revoked', async (t) => {
  const at = world(t);
  await enrolled(at);
  const options = ['--scope', 'submission,imap', '--expires', '30d', '--network', '192.0.2.0/24', '2001:db8::/56'];
  const added = Object(await at.json('app-password', 'add', ALICE, 'Scanner', ...options));
  assert.match(added.secret, APP_PASSWORD);
  assert.deepEqual(added.scopes, ['imap', 'submission']);
  const { out } = await at.run(['app-password', 'list', ALICE]);
  assert.match(
    out,
    /^Scanner +p\w{10} +imap, submission +never +until 2026-03-31 \d\d:\d\d \(in 30 days\), 192\.0\.2\.0\/24, 2001:db8::\/56$/m,
  );
  const revealed = await at.run(['app-password', 'reveal', ALICE, 'Scanner']);
  assert.equal(revealed.out.replaceAll(' ', ''), added.secret);

  const reset = await at.run(['app-password', 'reset', ALICE, 'Scanner'], { answers: ['yes'] });
  assert.match(reset.questions[0] ?? '', /^Any mail program that uses "Scanner" will need the new one/);
  assert.doesNotMatch(reset.out.replaceAll(' ', ''), new RegExp(added.secret));
  assert.match(reset.out, /It can be shown again/);

  await at.run(['app-password', 'revoke', ALICE, added.id, '--yes']);
  assert.equal(Object(await at.json('app-password', 'list', ALICE)).length, 1);
  const gone = await at.run(['app-password', 'reveal', ALICE, 'Scanner']);
  assert.equal(gone.code, 3);
  assert.match(gone.err, /^postern: there is no app password /);
});

test('where a domain shows app passwords once, a new one says so', async (t) => {
  const at = world(t);
  await enrolled(at);
  await at.run(['domain', 'set', 'example.org', '--reveal', 'once']);
  assert.match((await at.run(['app-password', 'add', ALICE, 'Laptop'])).out, /It is shown only now\.$/);
  assert.equal((await at.run(['app-password', 'reveal', ALICE, 'Laptop'])).code, 1);
});

test('an unknown protocol or a time that is past is refused before anything is made', async (t) => {
  const at = world(t);
  await enrolled(at);
  const scope = await at.run(['app-password', 'add', ALICE, 'x', '--scope', 'imap,smtp']);
  assert.equal(scope.err, 'postern: --scope: "smtp" is none of imap, pop3, submission, sieve');
  const expires = await at.run(['app-password', 'add', ALICE, 'x', '--expires', '2020-01-01']);
  assert.equal(expires.err, 'postern: --expires "2020-01-01" is not ahead of now');
  assert.equal(Object(await at.json('app-password', 'list', ALICE)).length, 1);
});

test('every act is written to the audit with who did it, and without a secret', async (t) => {
  const at = world(t);
  const secret = await enrolled(at);
  await at.run(['app-password', 'reveal', ALICE, 'Mail apps']);
  const entries = await at.withStore((store) => store.listAudit({ domain: 'example.org', account: ALICE, limit: 10 }));
  assert.deepEqual(
    entries.map(({ actor, action }) => [actor, action]),
    [
      ['cli:tester', 'app-password.revealed'],
      ['cli:tester', 'account.enrolled'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(entries), new RegExp(secret));
});

function keyIn(text: string): string | undefined {
  return /type the key into it: ([A-Z2-7 ]+)/.exec(text)?.[1]?.replaceAll(' ', '');
}
