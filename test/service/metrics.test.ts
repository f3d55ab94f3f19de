/** What the service counts: requests by route, verdicts by who asked, and tokens that are no good. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Fault } from '#core/fault.ts';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { enrolled, testAccount, testTools, START_MS } from '../support/policy.ts';
import { sender } from '../support/service-requests.ts';
import { nginxEncoded, RIGHT_PASSWORD, testService } from '../support/service.ts';

const ALICE = testAccount();
const BOB = testAccount('bob');
const CAROL = testAccount('carol');

test('requests are counted and timed by the route and the class of their status, never by what a client sent', async () => {
  const service = await testService();
  const send = sender(service, await service.bearer('reader', ['read-only']));
  for (const name of [ALICE.name, BOB.name]) await send('GET', `/v1/accounts/${name}/standing`);
  await send('GET', '/v1/accounts/nobody/standing');
  for (const path of ['/v1/nothing', '/v1/more?of=it']) await send('DELETE', path);
  assert.deepEqual(await service.metrics('postern_service_request_seconds_count'), [
    'postern_service_request_seconds_count{method="GET",route="/v1/accounts/{account}/standing",status="2xx"} 2',
    'postern_service_request_seconds_count{method="GET",route="/v1/accounts/{account}/standing",status="4xx"} 1',
    'postern_service_request_seconds_count{method="none",route="none",status="4xx"} 2',
  ]);
  const [whole = ''] = await service.metrics('postern_service_request_seconds_bucket{le="+Inf"');
  assert.match(whole, / 2$/);
});

test('tokens that are refused are counted by what is amiss with them, from zero', async () => {
  const service = await testService();
  const refused = (): Promise<readonly string[]> => service.metrics('postern_service_tokens_refused_total');
  assert.deepEqual(
    (await refused()).map((line) => line.slice(-1)),
    ['0', '0', '0'],
  );
  const verifier = await service.bearer('verifier', ['verifier']);
  const local = await service.bearer('local', ['admin'], ['example.net']);
  await service.app.inject({ method: 'GET', url: '/auth/nginx' });
  await service.app.inject({ method: 'POST', url: '/auth/saslauthd', payload: {} });
  for (const authorization of ['Bearer unknown', verifier, local])
    await service.app.inject({ method: 'GET', url: '/v1/domains/example.org', headers: { authorization } });
  assert.deepEqual(await refused(), [
    'postern_service_tokens_refused_total{reason="missing"} 2',
    'postern_service_tokens_refused_total{reason="invalid"} 1',
    'postern_service_tokens_refused_total{reason="insufficient"} 2',
  ]);
});

test('verdicts are counted by who asked and what was answered', async () => {
  const service = await testService();
  const authorization = await service.bearer('verifier', ['verifier']);
  const { appPassword } = await enrolled(service.context, ALICE);
  const post = (url: string, body: object) =>
    service.app.inject({ method: 'POST', url, headers: { authorization }, payload: body });
  const verify = (user: string, password: string) =>
    post('/auth/verify', { user, password, protocol: 'imap', address: '192.0.2.7' });
  await verify(ALICE.name, appPassword.expose());
  await verify(ALICE.name, 'wrong');
  await verify(BOB.name, RIGHT_PASSWORD);
  const nginx = { authorization, 'auth-method': 'plain', 'auth-protocol': 'imap', 'client-ip': '192.0.2.7' };
  const login = { 'auth-user': BOB.name, 'auth-pass': nginxEncoded(RIGHT_PASSWORD) };
  await service.app.inject({ method: 'GET', url: '/auth/nginx', headers: { ...nginx, ...login } });
  const form = new URLSearchParams({ user: BOB.name, password: 'wrong', protocol: 'imap' });
  form.set('token', authorization.replace('Bearer ', ''));
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  await service.app.inject({ method: 'POST', url: '/auth/saslauthd', headers: type, payload: form.toString() });
  const hashed = (pwhash: string) =>
    post('/auth/policy?command=allow', { login: CAROL.name, pwhash, remote: '198.51.100.9' });
  for (const pwhash of ['1', '2', '3', '4', '5']) await hashed(pwhash);
  await suspendAccount(service.context, 'test', CAROL);
  await hashed('1');
  assert.deepEqual(
    new Set((await service.metrics('postern_service_verdicts_total')).map((line) => line.replace(/^[^{]*/, ''))),
    new Set([
      '{asker="verify",verdict="accepted"} 1',
      '{asker="verify",verdict="refused"} 1',
      '{asker="verify",verdict="forward"} 1',
      '{asker="nginx",verdict="accepted"} 1',
      '{asker="saslauthd",verdict="refused"} 1',
      '{asker="dovecot-policy",verdict="permitted"} 1',
      '{asker="dovecot-policy",verdict="delayed"} 2',
      '{asker="dovecot-policy",verdict="throttled"} 2',
      '{asker="dovecot-policy",verdict="refused"} 1',
    ]),
  );
});

test('an outage is counted as such, for every asker', async () => {
  const context = testTools({ now: START_MS });
  const down = async (): Promise<never> => {
    throw new Fault('STORE_UNAVAILABLE', 'gone');
  };
  const service = await testService({ context: { ...context, store: { ...context.store, lookupLogin: down } } });
  const authorization = await service.bearer('verifier', ['verifier']);
  const ask = (url: string, payload: object) =>
    service.app.inject({ method: 'POST', url, headers: { authorization }, payload });
  const login = { user: ALICE.name, password: 'x', protocol: 'imap', address: '192.0.2.7' };
  assert.equal((await ask('/auth/verify', login)).statusCode, 503);
  const hashed = { login: ALICE.name, pwhash: '1', remote: '192.0.2.7' };
  assert.equal((await ask('/auth/policy?command=allow', hashed)).statusCode, 503);
  assert.deepEqual(await service.metrics('postern_service_verdicts_total'), [
    'postern_service_verdicts_total{asker="verify",verdict="unavailable"} 1',
    'postern_service_verdicts_total{asker="dovecot-policy",verdict="unavailable"} 1',
  ]);
  assert.match((await service.metrics('postern_service_request_seconds_count')).join('\n'), /status="5xx"\} 1/);
});
