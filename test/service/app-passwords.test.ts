/** App passwords by the HTTP API: made, shown again, reset, renamed, revoked. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { PROTOCOLS } from '#core/protocols.ts';
import { enrolled, testAccount } from '../support/policy.ts';
import { asAdmin, itemsOf, sender, type Sent } from '../support/service-requests.ts';
import { testService } from '../support/service.ts';

const ALICE = testAccount();
const OF_ALICE = `/v1/accounts/${ALICE.name}`;

test('an app password is made once however often the request is sent, shown again by its own role, and revoked', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  await enrolled(service.context, ALICE);
  const url = `${OF_ALICE}/app-passwords`;
  const request = { body: { name: 'Phone', scopes: ['imap'] }, headers: { 'idempotency-key': 'k1' } };
  const sent = await Promise.all([send('POST', url, request), send('POST', url, request)]);
  const [made] = sent.filter(({ status }) => status === 201);
  assert.ok(made !== undefined);
  const again = await send('POST', url, request);
  assert.deepEqual([again.status, again.body, again.headers['idempotency-replayed']], [201, made.body, 'true']);
  const other = await send('POST', url, { ...request, body: { name: 'Tablet' } });
  assert.deepEqual([other.status, other.body['code']], [422, 'idempotency-key-reused']);
  const plain = await send('POST', url, { body: { name: 'Laptop' } });
  assert.equal(plain.status, 201);
  const failed = { headers: { 'idempotency-key': 'k2' } };
  assert.equal((await send('POST', url, { ...failed, body: { name: 'Laptop' } })).status, 422);
  const names = itemsOf(await send('GET', url)).map(({ name }) => name);
  assert.deepEqual(names, ['Mail apps', 'Phone', 'Laptop']);
  const [, phone, laptop] = itemsOf(await send('GET', url));
  assert.deepEqual([phone?.['scopes'], laptop?.['scopes']], [['imap'], [...PROTOCOLS]]);
  const one = `${url}/${String(phone?.['id'])}`;
  assert.equal((await send('POST', `${one}/reveal`)).status, 403);
  const revealer = sender(service, await service.bearer('shower', ['reveal']));
  assert.equal((await revealer('POST', `${one}/reveal`)).body['password'], made.body['password']);
  assert.equal((await revealer('GET', url)).status, 403);
  assert.equal((await send('DELETE', one)).status, 204);
  assert.equal((await send('DELETE', one)).status, 404);
});

test('an app password is reset once however often the request is sent, and renamed; the audit names who did it', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  await enrolled(service.context, ALICE);
  const url = `${OF_ALICE}/app-passwords`;
  const made = await send('POST', url, { body: { name: 'Phone' } });
  const [mailApps, phone] = itemsOf(await send('GET', url));
  const one = `${url}/${String(phone?.['id'])}`;

  const sent = await send('POST', `${one}/reset`, { headers: { 'idempotency-key': 'r1' } });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  assert.deepEqual(sent.body['appPassword'], phone);
  const again = await send('POST', `${one}/reset`, { headers: { 'idempotency-key': 'r1' } });
  assert.deepEqual([again.body, again.headers['idempotency-replayed']], [sent.body, 'true']);
  const works = async ({ body }: Sent): Promise<unknown> => {
    const payload = { user: ALICE.name, password: body['password'], protocol: 'imap', address: '192.0.2.7' };
    const ask = sender(service, await verifier);
    return (await ask('POST', '/auth/verify', { body: payload })).body['result'];
  };
  const verifier = service.bearer('verifier', ['verifier']);
  assert.deepEqual([await works(made), await works(sent)], ['refused', 'accepted']);

  assert.equal((await send('PATCH', one, { body: { name: 'Old phone' } })).status, 204);
  assert.equal(await works(sent), 'accepted');
  const taken = await send('PATCH', one, { body: { name: String(mailApps?.['name']) } });
  assert.deepEqual([taken.status, taken.body['code']], [422, 'not-meant']);
  assert.deepEqual(
    itemsOf(await send('GET', url)).map(({ name }) => name),
    ['Mail apps', 'Old phone'],
  );
  for (const [method, path, body] of [
    ['POST', `${url}/none/reset`, {}],
    ['PATCH', `${url}/none`, { name: 'x' }],
  ] as const)
    assert.equal((await send(method, path, { body })).status, 404);
  const desk = sender(service, await service.bearer('desk', ['help-desk']));
  assert.equal((await desk('POST', `${one}/reset`)).status, 403);
  assert.equal((await desk('PATCH', one, { body: { name: 'x' } })).status, 403);

  const entries = await service.context.store.listAudit({ domain: ALICE.domain, limit: 2 });
  assert.deepEqual(
    entries.map(({ actor, action, account }) => [actor, action, account]),
    [
      ['token:admin', 'app-password.renamed', ALICE.name],
      ['token:admin', 'app-password.reset', ALICE.name],
    ],
  );
});
