/** An answer costs one round trip to a real Redis: counted on the wire between the service and the server. */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { openStore } from '#store/open.ts';
import { enrolled, START_MS, testAccount, testTools } from '../support/policy.ts';
import { eventually } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';
import { testService } from '../support/service.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const redis = await startRedis();
after(() => redis.stop());

test('a login through nginx is one round trip to Redis before the answer', { timeout: 60_000 }, async () => {
  const proxy = await startTcpProxy(redis.port);
  const store = await openStore({
    kind: 'redis',
    topology: { kind: 'standalone', server: { host: '127.0.0.1', port: proxy.port } },
  });
  const clock = { now: START_MS };
  const service = await testService({ clock, context: { ...testTools(clock), store } });
  const authorization = await service.bearer('nginx', ['verifier']);
  const { appPassword } = await enrolled(service.context, testAccount());
  const headers = {
    authorization,
    'auth-method': 'plain',
    'auth-user': testAccount().name,
    'auth-protocol': 'imap',
    'client-ip': '192.0.2.7',
  };
  const ask = (password: string) =>
    service.app.inject({ method: 'GET', url: '/auth/nginx', headers: { ...headers, 'auth-pass': password } });
  const right = appPassword.expose();
  const first = await ask(right);
  assert.equal(first.headers['auth-status'], 'OK');
  await eventually('the last use is on record', async () => (await store.lookupLastUses(testAccount())).size === 1);
  await ask('wrong');

  // The list of tokens is read once a second: these come at one moment.
  const flights: number[] = [];
  for (const password of ['wrong', 'worse', right]) {
    proxy.resetCounts();
    const answer = await ask(password);
    assert.equal(answer.statusCode, 200);
    flights.push(proxy.flights());
  }
  // The last use of the right one is recorded behind the answer, and may be under way already.
  assert.deepEqual(flights.slice(0, 2), [1, 1]);
  assert.ok((flights[2] ?? 9) <= 2, `${flights.join(' ')} round trips`);
  await store.close();
  await proxy.stop();
});
