/** nginx's auth_http endpoint by itself: header values, verdicts, waits, counters, and who may ask. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Fault } from '#core/fault.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { listAppPasswords } from '#policy/app-passwords/app-passwords.ts';
import { nginxDecoded } from '#service/nginx.ts';
import { enrolled, testAccount, testTools } from '../support/policy.ts';
import { nginxEncoded, RIGHT_PASSWORD, testService, type TestService } from '../support/service.ts';

const ALICE = testAccount();
const BOB = testAccount('bob');

async function ask(
  { app }: TestService,
  authorization: string,
  more: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = {
    authorization,
    'auth-method': 'plain',
    'auth-user': ALICE.name,
    'auth-pass': 'x',
    'auth-protocol': 'imap',
    'auth-login-attempt': '1',
    'client-ip': '192.0.2.7',
    ...more,
  };
  const response = await app.inject({ method: 'GET', url: '/auth/nginx', headers });
  assert.equal(response.statusCode, 200, response.body);
  return response.headers;
}

test('what nginx escapes is read back byte for byte', () => {
  for (const text of ['plain', `a b%c"d'e`, 'ü 日本 %41', '\t'])
    assert.equal(nginxDecoded(nginxEncoded(text)).toString(), text);
  assert.deepEqual(nginxDecoded('p%E4ss'), Buffer.from('p\xe4ss', 'latin1'));
  assert.equal(nginxDecoded('100%zz').toString(), '100%zz');
});

test('an app password leads to the backend by the master user, and its last use is recorded', async () => {
  const service = await testService();
  const bearer = await service.bearer('nginx', ['verifier']);
  const { appPassword } = await enrolled(service.context, ALICE);
  const answer = await ask(service, bearer, { 'auth-pass': nginxEncoded(appPassword.expose()) });
  assert.equal(answer['auth-status'], 'OK');
  assert.equal(answer['auth-server'], '127.0.0.1');
  assert.equal(answer['auth-port'], '143');
  assert.equal(answer['auth-user'], `${ALICE.name}*master`);
  assert.equal(Buffer.from(String(answer['auth-pass']), 'latin1').toString('utf8'), 'the master’s');
  const smtp = await ask(service, bearer, { 'auth-pass': appPassword.expose(), 'auth-protocol': 'smtp' });
  assert.deepEqual([smtp['auth-user'], smtp['auth-pass'], smtp['auth-port']], [ALICE.name, undefined, '587']);
  const [listed] = await listAppPasswords(service.context, ALICE);
  assert.equal(listed?.lastUse?.protocol, 'submission');
  assert.deepEqual(
    service.counted.map(({ verdict, reason }) => `${verdict} ${reason}`),
    ['accepted app-password', 'accepted app-password'],
  );
});

test('the ordinary password: right where two-step is not used, a hint where it is, the words of nobody else', async () => {
  const service = await testService();
  const bearer = await service.bearer('nginx', ['verifier']);
  await enrolled(service.context, ALICE);
  const right = { 'auth-pass': nginxEncoded(RIGHT_PASSWORD) };
  const bob = await ask(service, bearer, { ...right, 'auth-user': BOB.name });
  assert.deepEqual([bob['auth-status'], bob['auth-user'], bob['auth-pass']], ['OK', BOB.name, undefined]);
  const alice = await ask(service, bearer, right);
  assert.match(String(alice['auth-status']), /^deny app-password-required \(id: /);
  assert.deepEqual([alice['auth-error-code'], alice['auth-wait'], alice['auth-server']], ['535 5.7.8', '1', undefined]);
  const wrong = await ask(service, bearer, { 'auth-user': BOB.name, 'auth-pass': 'guess' });
  assert.match(String(wrong['auth-status']), /^deny wrong-credentials/);
  await setDomain(service.context, 'test', 'example.net', { mode: 'forced' });
  const forced = await ask(service, bearer, { ...right, 'auth-user': 'carl@example.net' });
  assert.match(String(forced['auth-status']), /^deny enrolment-required/);
});

test('guessing is throttled by the same counters as everywhere, with a longer wait, and ends the connection', async () => {
  const service = await testService();
  const bearer = await service.bearer('nginx', ['verifier']);
  for (const guess of ['1', '2', '3']) {
    const answer = await ask(service, bearer, { 'auth-pass': guess });
    assert.match(String(answer['auth-status']), /^deny wrong/);
  }
  const throttled = await ask(service, bearer, { 'auth-pass': '4' });
  assert.match(String(throttled['auth-status']), /^throttle/);
  assert.equal(throttled['auth-wait'], '3');
  const last = await ask(service, bearer, { 'auth-pass': '5', 'auth-login-attempt': '5' });
  assert.equal(last['auth-wait'], undefined);
});

test('what is out of reach is a temporary failure: the store, the backend, a backend that nginx is not told of', async () => {
  const down = testTools();
  const store = {
    ...down.store,
    lookupLogin: async () => {
      throw new Fault('STORE_UNAVAILABLE', 'gone');
    },
  };
  const noStore = await testService({ context: { ...down, store } });
  const noBackend = await testService({ checkOrdinaryPassword: async () => 'unavailable' });
  const noPlace = await testService();
  for (const [service, user] of [
    [noStore, BOB.name],
    [noBackend, BOB.name],
    [noPlace, 'bob@elsewhere.test'],
  ] as const) {
    const bearer = await service.bearer('nginx', ['verifier']);
    const answer = await ask(service, bearer, { 'auth-user': user, 'auth-pass': nginxEncoded(RIGHT_PASSWORD) });
    assert.match(String(answer['auth-status']), /^unavailable/);
    assert.deepEqual([answer['auth-error-code'], answer['auth-wait']], ['421 4.7.0', undefined]);
  }
});

test('names and passwords that could be read in two ways are refused without a look', async () => {
  const service = await testService();
  const bearer = await service.bearer('nginx', ['verifier']);
  const scoped = await service.bearer('scoped', ['verifier'], ['example.net']);
  for (const [authorization, more] of [
    [bearer, { 'auth-user': 'alice*master@example.org' }],
    [bearer, { 'auth-user': 'alice%00@example.org' }],
    [bearer, { 'auth-pass': '' }],
    [bearer, { 'auth-pass': 'a%0d%0ab' }],
    [scoped, {}],
  ] as const) {
    const answer = await ask(service, authorization, more);
    assert.match(String(answer['auth-status']), /^deny identity-refused/);
  }
  for (const more of [{ 'auth-method': 'apop' }, { 'auth-protocol': 'http' }, { 'client-ip': 'unix:' }]) {
    assert.match(String((await ask(service, bearer, more))['auth-status']), /not supported/);
  }
});

test('only a verifier token may ask', async () => {
  const service = await testService();
  const weak = await service.bearer('reader', ['read-only', 'admin']);
  for (const [authorization, status, error] of [
    ['', 401, 'error="invalid_token"'],
    ['Bearer postern_aaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 401, 'error="invalid_token"'],
    [weak, 403, 'error="insufficient_scope"'],
  ] as const) {
    const response = await service.app.inject({ method: 'GET', url: '/auth/nginx', headers: { authorization } });
    assert.equal(response.statusCode, status);
    assert.ok(String(response.headers['www-authenticate']).includes(error));
    assert.equal(response.headers['auth-status'], undefined);
  }
  const none = await service.app.inject({ method: 'GET', url: '/auth/nginx' });
  assert.equal(none.headers['www-authenticate'], 'Bearer realm="postern"');
});

test('a protocol that is none, whatever its name, is answered as one that we do not judge', async () => {
  const service = await testService();
  const bearer = await service.bearer('nginx', ['verifier']);
  for (const protocol of ['__proto__', 'constructor', 'toString', 'sieve', '']) {
    const answer = await ask(service, bearer, { 'auth-protocol': protocol });
    assert.equal(answer['auth-status'], 'This way of signing in is not supported', protocol);
  }
});
