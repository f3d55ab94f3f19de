import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWorld, START } from '../support/command-line.ts';
import type { SessionRecord } from '#core/session.ts';

const DAY = 86_400_000;

function session(id: string, account: string): SessionRecord {
  return {
    id,
    account,
    domain: 'example.org',
    protocol: 'imap',
    opener: { kind: 'ordinary-password' },
    address: '192.0.2.7',
    gateway: 'gateway-1',
    openedAt: Date.now() - 1000,
  };
}

test('a domain that nobody decided about is listed as disabled, because the configuration names it', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const { out, code } = await world.run(['domain', 'list']);
  assert.equal(code, 0);
  assert.match(out, /^example\.org +disabled \(nobody has decided\) +totp, email, passkey +always +always$/m);
});

test('setting a domain says what it did, and the list shows it', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const { out } = await world.run(['domain', 'set', 'Example.ORG', 'enabled']);
  assert.equal(out, 'example.org is now enabled: 0 accounts enrolled, 0 sessions closed.');
  assert.deepEqual(await world.json('domain', 'list'), [
    {
      domain: 'example.org',
      decided: true,
      mode: 'enabled',
      forcedFrom: null,
      modeNow: 'enabled',
      methods: ['totp', 'email', 'passkey'],
      reveal: 'always',
      hints: 'always',
      trustedBrowserDays: 0,
      maxAppPasswords: null,
      appPasswordDays: null,
    },
  ]);
});

test('trusted browsers and limits of app passwords can be set, shown and lifted', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const options = ['--trust-browsers', '30', '--max-app-passwords', '5', '--app-password-days', '90'];
  await world.run(['domain', 'set', 'example.org', 'enabled', ...options]);
  const { out } = await world.run(['domain', 'show', 'example.org']);
  assert.match(out, /trusted browsers +for 30 days/);
  assert.match(out, /app passwords +at most 5, for 90 days at most/);
  const lifted = ['--trust-browsers', '0', '--max-app-passwords', 'any', '--app-password-days', 'any'];
  const after = Object(await world.json('domain', 'set', 'example.org', ...lifted));
  assert.deepEqual([after.trustedBrowserDays, after.maxAppPasswords, after.appPasswordDays], [0, null, null]);
  for (const wrong of [
    ['--trust-browsers', '366'],
    ['--trust-browsers', '-1'],
    ['--max-app-passwords', '0'],
    ['--app-password-days', 'ever'],
  ]) {
    assert.equal((await world.run(['domain', 'set', 'example.org', ...wrong])).code, 2, wrong.join(' '));
  }
});

test('forcing from a date leaves the domain enabled until then', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const { out } = await world.run(['domain', 'set', 'example.org', 'forced', '--from', '90d']);
  assert.match(out, /^example\.org is now enabled, forced from 2026-05-30 \d\d:\d\d \(in 3 months\)/);
  const shown = await world.json('domain', 'show', 'example.org');
  assert.deepEqual(shown, { ...Object(shown), mode: 'forced', modeNow: 'enabled', enrolled: 0, sessions: 0 });
  world.now = START + 91 * DAY;
  assert.equal(Object(await world.json('domain', 'show', 'example.org')).modeNow, 'forced');
});

test('methods, reveal and hints can be changed without the mode', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  await world.run(['domain', 'set', 'example.org', 'forced']);
  const options = ['--methods', 'email,totp', '--reveal', 'once', '--hints', 'never'];
  const changed = Object(await world.json('domain', 'set', 'example.org', ...options));
  assert.deepEqual(
    [changed.mode, changed.methods, changed.reveal, changed.hints],
    ['forced', ['totp', 'email'], 'once', 'never'],
  );
});

test('forcing asks first when sessions would be closed, and a no changes nothing', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  await world.withStore(async (store) => {
    await store.touchSessions([session('s1', 'alice@example.org')]);
    await store.touchSessions([session('s2', 'bob@example.org')]);
  });
  const refused = await world.run(['domain', 'set', 'example.org', 'forced'], { answers: ['n'] });
  assert.deepEqual(refused.questions, ['example.org: 2 sessions of 2 would be closed. Go on? [y/N] ']);
  assert.deepEqual([refused.code, refused.err], [1, 'postern: nothing was changed']);
  assert.equal(Object(await world.json('domain', 'show', 'example.org')).decided, false);

  const unattended = await world.run(['domain', 'set', 'example.org', 'forced']);
  assert.deepEqual(
    [unattended.code, unattended.err],
    [
      2,
      'postern: example.org: 2 sessions of 2 would be closed. Go on? There is nobody here to ask: add --yes to go on',
    ],
  );

  const done = await world.run(['domain', 'set', 'example.org', 'forced', '--yes']);
  assert.equal(
    done.out,
    'example.org is now forced: 0 accounts enrolled, 2 sessions closed.\n' +
      '2 accounts connected with the ordinary password must enrol before their mail programs work again.',
  );
});

test('what cannot be meant is refused with what to do', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const line = async (...args: string[]): Promise<string> => {
    const { code, err } = await world.run(['domain', 'set', ...args]);
    return `${code} ${err}`;
  };
  assert.equal(await line('example.org'), '2 postern: nothing to change: name a mode, or an option such as --reveal');
  assert.match(await line('example.org', 'compulsory'), /^2 .*Allowed choices are disabled, enabled, forced\.$/);
  assert.equal(
    await line('example.org', '--methods', 'sms'),
    '2 postern: --methods: "sms" is none of totp, email, passkey',
  );
  assert.equal(await line('example.org', '--methods', ','), '2 postern: a domain needs at least one method');
  assert.match(await line('example.org', 'enabled', '--from', '90d'), /^2 .*needs the mode "forced"$/);
  assert.match(await line('not a domain', 'enabled'), /^2 .*"not a domain" is not a domain name$/);
});
