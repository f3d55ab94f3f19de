/** The HTTP API: who may do what, each resource, problems, versions, paging, and requests that are sent twice. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { Secret } from '#core/secret.ts';
import { isRecord } from '#config/tree.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { revokeToken } from '#policy/admins/service-tokens.ts';
import { codeAt, enrolled, START_MS, testAccount } from '../support/policy.ts';
import { asAdmin, itemsOf, sender } from '../support/service-requests.ts';
import { testService } from '../support/service.ts';

const ALICE = testAccount();
const OF_ALICE = `/v1/accounts/${ALICE.name}`;

test('a choice is changed in parts, its version is its ETag, and who read an older one is told', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  const first = await send('GET', '/v1/domains/example.org');
  assert.deepEqual([first.body['mode'], first.body['decided'], first.headers['etag']], ['disabled', false, '"0"']);
  const forcedFrom = new Date(START_MS + 86_400_000).toISOString();
  const changed = await send('PATCH', '/v1/domains/Example.ORG', {
    body: { mode: 'forced', forcedFrom, maxAppPasswords: 5 },
    headers: { 'if-match': '"0"' },
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.deepEqual([changed.body['forcedFrom'], changed.headers['etag']], [forcedFrom, '"1"']);
  const late = await send('PATCH', '/v1/domains/example.org', {
    body: { hints: 'never' },
    headers: { 'if-match': '"0"' },
  });
  assert.deepEqual([late.status, late.body['code']], [412, 'precondition-failed']);
  assert.equal(late.headers['content-type'], 'application/problem+json; charset=utf-8');
  const both = await send('PATCH', '/v1/domains/example.org', {
    body: { maxAppPasswords: null },
    headers: { 'if-match': '"7", "1"' },
  });
  assert.deepEqual(
    [both.body['maxAppPasswords'], both.body['forcedFrom'], both.body['mode']],
    [null, forcedFrom, 'forced'],
  );
  const [entry] = await service.context.store.listAudit({ domain: 'example.org', limit: 1 });
  assert.equal(entry?.actor, 'token:admin');
});

test('domains are listed in pages: all that were decided about, or those of the token', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  for (const name of ['c.test', 'a.test', 'b.test']) await setDomain(service.context, 'x', name, { mode: 'enabled' });
  const page = await send('GET', '/v1/domains?limit=2');
  assert.deepEqual([itemsOf(page).map(({ domain }) => domain), page.body['next']], [['a.test', 'b.test'], 'b.test']);
  const rest = await send('GET', `/v1/domains?limit=2&cursor=${String(page.body['next'])}`);
  assert.deepEqual([itemsOf(rest).map(({ domain }) => domain), rest.body['next']], [['c.test'], null]);
  const scoped = sender(service, await service.bearer('one', ['read-only'], ['b.test', 'z.test']));
  assert.deepEqual(
    itemsOf(await scoped('GET', '/v1/domains')).map(({ domain }) => domain),
    ['b.test', 'z.test'],
  );
});

test('what an account needs follows from the domain and from the account, with the times', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  const standing = async (): Promise<readonly unknown[]> => {
    const { body } = await send('GET', `${OF_ALICE}/standing`);
    return [body['standing'], body['since'], body['until']];
  };
  assert.deepEqual(await standing(), ['disabled', null, null]);
  await send('PATCH', '/v1/domains/example.org', { body: { mode: 'enabled' } });
  assert.deepEqual(await standing(), ['optional', null, null]);
  const ahead = new Date(START_MS + 1000).toISOString();
  await send('PATCH', '/v1/domains/example.org', { body: { mode: 'forced', forcedFrom: ahead } });
  assert.deepEqual(await standing(), ['optional', null, ahead]);
  service.clock.now += 1000;
  assert.deepEqual(await standing(), ['enrolment', ahead, null]);
  await enrolled(service.context, ALICE, { mode: 'forced' });
  assert.deepEqual(await standing(), ['app-password', new Date(START_MS + 1000).toISOString(), null]);
});

test('an account is enrolled with an authenticator app, read, reset and turned off again', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  await send('PATCH', '/v1/domains/example.org', { body: { mode: 'enabled' } });
  const begun = await send('POST', `${OF_ALICE}/enrolment`);
  assert.equal(begun.status, 201);
  const confirmation = `${OF_ALICE}/enrolment/confirmation`;
  const wrong = await send('POST', confirmation, { body: { code: '000000x' } });
  assert.deepEqual([wrong.status, wrong.body['code']], [422, 'wrong-code']);
  const code = codeAt(new Secret(String(begun.body['key'])), START_MS).expose();
  const sent = { body: { code }, headers: { 'idempotency-key': 'c1' } };
  const done = await send('POST', confirmation, sent);
  assert.equal(done.body['kind'], 'enrolled');
  // An answer that was lost is given again: it is the only one that shows the secrets.
  assert.deepEqual((await send('POST', confirmation, sent)).body, done.body);
  assert.ok(Array.isArray(done.body['recoveryCodes']) && done.body['recoveryCodes'].length === 10);
  const read = await send('GET', OF_ALICE);
  assert.deepEqual([read.body['factors'], read.body['appPasswords'], read.body['suspended']], [['totp'], 1, null]);
  assert.ok(!JSON.stringify(read.body).includes('digest'));
  const listed = itemsOf(await send('GET', '/v1/domains/example.org/accounts?search=ALI'));
  assert.deepEqual(
    listed.map(({ account, factors }) => [account, factors]),
    [[ALICE.name, ['totp']]],
  );
  assert.equal((await send('POST', `${OF_ALICE}/reset`, { body: { appPasswords: 'revoke' } })).status, 204);
  const bare = await send('GET', OF_ALICE);
  assert.deepEqual([bare.body['factors'], bare.body['appPasswords']], [[], 0]);
  assert.equal((await send('DELETE', `${OF_ALICE}/enrolment`)).status, 204);
  assert.equal((await send('GET', OF_ALICE)).body['standing'], 'optional');
});

test('an account is suspended, resumed and unlocked; doing it again is no error', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  for (const _twice of [1, 2]) assert.equal((await send('PUT', `${OF_ALICE}/suspension`)).status, 204);
  const { suspended } = (await send('GET', OF_ALICE)).body;
  assert.ok(isRecord(suspended) && suspended['by'] === 'token:admin');
  for (const _twice of [1, 2]) assert.equal((await send('DELETE', `${OF_ALICE}/suspension`)).status, 204);
  assert.equal((await send('GET', OF_ALICE)).body['suspended'], null);
  assert.equal((await send('POST', `${OF_ALICE}/unlock`)).status, 204);
  const actions = itemsOf(await send('GET', '/v1/domains/example.org/audit')).map(({ action }) => action);
  assert.deepEqual(actions, ['account.unlocked', 'account.resumed', 'account.suspended']);
});

test('sessions are listed in pages and closed, one or all', async () => {
  const service = await testService();
  const { store } = service.context;
  const send = await asAdmin(service);
  for (const id of ['s1', 's2', 's3']) {
    const opener = { kind: 'app-password', id: 'p1', generation: 1 } as const;
    const where = { account: ALICE.name, domain: ALICE.domain, protocol: 'imap', address: '192.0.2.7' } as const;
    await store.touchSessions([{ id, ...where, opener, gateway: 'g', openedAt: START_MS }]);
  }
  const told: string[] = [];
  await store.watch({ onGap: () => {}, onChange: (change) => void told.push(change.kind) });
  const page = await send('GET', '/v1/domains/example.org/sessions?limit=2');
  assert.deepEqual(
    itemsOf(page).map(({ id, openedWith, appPassword }) => [id, openedWith, appPassword]),
    [
      ['s1', 'app-password', 'p1'],
      ['s2', 'app-password', 'p1'],
    ],
  );
  const rest = await send('GET', `${OF_ALICE}/sessions?cursor=${String(page.body['next'])}`);
  assert.deepEqual([itemsOf(rest).map(({ id }) => id), rest.body['next']], [['s3'], null]);
  assert.equal((await send('DELETE', `${OF_ALICE}/sessions/s2`)).status, 204);
  assert.equal((await send('DELETE', `${OF_ALICE}/sessions/none`)).status, 404);
  assert.equal((await send('DELETE', `${OF_ALICE}/sessions`)).status, 204);
  assert.deepEqual(told.slice(0, 2), ['session', 'account']);
});

test('the audit is filtered, and paged without a shift by what happens meanwhile', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  for (const local of ['a', 'b', 'c']) {
    service.clock.now += 1000;
    await send('PUT', `/v1/accounts/${local}@example.org/suspension`);
  }
  const page = await send('GET', '/v1/domains/example.org/audit?limit=2&action=account.suspended');
  assert.deepEqual(
    itemsOf(page).map(({ account }) => account),
    ['c@example.org', 'b@example.org'],
  );
  service.clock.now += 1000;
  await send('PUT', '/v1/accounts/d@example.org/suspension');
  const next = `cursor=${String(page.body['next'])}&action=account.suspended`;
  const rest = await send('GET', `/v1/domains/example.org/audit?limit=2&${next}`);
  assert.deepEqual(
    itemsOf(rest).map(({ account }) => account),
    ['a@example.org'],
  );
  const from = encodeURIComponent(new Date(START_MS + 4000).toISOString());
  const late = await send('GET', `/v1/domains/example.org/audit?from=${from}&actor=token:`);
  assert.deepEqual(
    itemsOf(late).map(({ account }) => account),
    ['d@example.org'],
  );
  assert.equal((await send('GET', '/v1/domains/example.org/audit?cursor=x')).status, 422);
});

test('roles and domains bound a token, and a token that was revoked is refused within a second', async (t) => {
  const service = await testService();
  const desk = sender(service, await service.bearer('desk', ['help-desk'], ['example.org']));
  const reader = sender(service, await service.bearer('reader', ['read-only']));
  assert.equal((await desk('POST', `${OF_ALICE}/unlock`)).status, 204);
  assert.equal((await desk('PUT', `${OF_ALICE}/suspension`)).status, 403);
  assert.equal((await desk('POST', '/v1/accounts/bob@example.net/unlock')).status, 403);
  assert.equal((await desk('GET', '/v1/domains/example.net')).status, 403);
  assert.equal((await reader('GET', OF_ALICE)).status, 200);
  assert.equal((await reader('POST', `${OF_ALICE}/unlock`)).status, 403);
  assert.equal((await reader('PATCH', '/v1/domains/example.org', { body: { mode: 'forced' } })).status, 403);
  await revokeToken(service.context, 'cli:tester', 'reader');
  const later = performance.now() + 1001;
  t.mock.method(performance, 'now', () => later);
  const refused = await reader('GET', OF_ALICE);
  assert.deepEqual([refused.status, refused.body['code']], [401, 'token-invalid']);
});

test('nobody touches the account of an admin with more rights than the token has', async () => {
  const service = await testService();
  const desk = sender(service, await service.bearer('desk', ['help-desk']));
  const local = sender(service, await service.bearer('local', ['admin', 'reveal'], ['example.org']));
  const all = sender(service, await service.bearer('all', ['admin']));
  await enrolled(service.context, testAccount('boss'));
  for (const send of [desk, local]) {
    const refused = await send('POST', '/v1/accounts/boss@example.org/reset', { body: {} });
    assert.deepEqual([refused.status, refused.body['code']], [403, 'account-of-admin']);
    assert.equal((await send('GET', '/v1/accounts/boss@example.org')).status, 200);
  }
  assert.equal((await all('POST', '/v1/accounts/boss@example.org/reset', { body: {} })).status, 204);
});

test('what does not fit is a problem that names the place and repeats no value', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  const wrong = await send('PATCH', '/v1/domains/example.org', { body: { mode: 'maybe', colour: 'hunter2' } });
  assert.equal(wrong.status, 400);
  assert.ok(Array.isArray(wrong.body['errors']) && wrong.body['errors'].length === 2);
  assert.match(JSON.stringify(wrong.body['errors']), /"at":"mode"/);
  assert.doesNotMatch(JSON.stringify(wrong.body), /maybe|hunter2/);
  for (const [method, url, more, status, code] of [
    ['GET', '/v1/domains/not a domain', {}, 400, 'name-malformed'],
    ['GET', '/v1/accounts/nobody', {}, 400, 'name-malformed'],
    ['GET', '/v1/domains?limit=0', {}, 400, 'malformed'],
    ['GET', '/v1/nothing', {}, 404, 'not-found'],
    ['POST', `${OF_ALICE}/app-passwords`, { body: { name: 'x' } }, 409, 'not-allowed'],
    ['PATCH', '/v1/domains/example.org', { body: { forcedFrom: new Date(START_MS).toISOString() } }, 422, 'not-meant'],
  ] as const) {
    const problem = await send(method, url.replaceAll(' ', '%20'), more);
    assert.deepEqual([problem.status, problem.body['code']], [status, code], url);
    assert.equal(problem.headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.match(String(problem.body['instance']), /^urn:postern:request:[0-9a-f]{12}$/);
  }
});

test('a body that is nested too deeply is refused before anything is made of it', async () => {
  const service = await testService();
  const send = await asAdmin(service);
  const authorization = await service.bearer('other', ['admin']);
  for (const nested of ['['.repeat(65_000), `{"mode":${'['.repeat(40)}${']'.repeat(40)}}`, '{"a":'.repeat(10_000)]) {
    const response = await service.app.inject({
      method: 'POST',
      url: `${OF_ALICE}/app-passwords`,
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': 'deep' },
      payload: nested,
    });
    assert.equal(response.statusCode, 400);
    assert.match(response.body, /nested too deeply/);
  }
  const brackets = await send('PATCH', '/v1/domains/example.org', { body: { name: '['.repeat(40) } });
  assert.doesNotMatch(JSON.stringify(brackets.body), /nested too deeply/);
});

test('what the library refuses by itself is a problem with our headers', async () => {
  const service = await testService();
  const response = await service.app.inject({ method: 'GET', url: '/v1/domains/%zz' });
  assert.equal(response.statusCode, 400);
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
  assert.equal(response.headers['x-content-type-options'], 'nosniff');
});
