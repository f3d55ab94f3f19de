/** Changes as server-sent events, over a real listener; and the document of the API. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { setDomain } from '#policy/domains/domains.ts';
import { suspendAccount } from '#policy/accounts/accounts.ts';
import { openApi } from '#service/openapi.ts';
import { ROUTES } from '#service/routes.ts';
import { makeServiceServer } from '#service/server.ts';
import { testAccount } from '../support/policy.ts';
import { eventually, freePorts } from '../support/processes.ts';
import { testService, type TestService } from '../support/service.ts';

interface Heard {
  text(): string;
  readonly ended: Promise<void>;
}

async function listen(port: number, authorization: string): Promise<Heard> {
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const asked = request({ port, host: '127.0.0.1', path: '/v1/changes', headers: { authorization } }, (response) => {
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-type'], 'text/event-stream');
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<void>((done) => response.once('end', () => done()));
    resolve({ text: () => text, ended });
  });
  asked.on('error', reject).end();
  return promise;
}

async function started(service: TestService): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const [port = 0] = await freePorts(1);
  const listener = { address: '127.0.0.1', port, tls: 'none', clientCaFile: undefined } as const;
  const parts = { ...service.parts, settings: { listen: [listener] } };
  const running = await makeServiceServer(parts, (socket) => ({ socket }));
  await running.open();
  return { port, stop: () => running.stop() };
}

test('a stream begins with a gap and tells of changes in the domains of its token, until the service stops', async () => {
  const service = await testService();
  const running = await started(service);
  const { port } = running;
  const all = await listen(port, await service.bearer('all', ['read-only']));
  const some = await listen(port, await service.bearer('some', ['read-only'], ['example.net']));
  await eventually('both have begun', () => [all, some].every((one) => one.text().startsWith('event: gap\n')));
  await suspendAccount(service.context, 'test', testAccount());
  await setDomain(service.context, 'test', 'example.net', { mode: 'enabled' });
  const domain = 'event: domain\ndata: {"domain":"example.net","epoch":1}\n\n';
  await eventually('both hear of the domain', () => [all, some].every((one) => one.text().endsWith(domain)));
  assert.match(all.text(), /event: account\ndata: \{"account":"alice@example\.org","epoch":1\}\n\n/);
  assert.doesNotMatch(some.text(), /alice/);
  // Counted when it begins: that it goes on for hours says nothing about the service.
  assert.deepEqual(await service.metrics('postern_service_request_seconds_count'), [
    'postern_service_request_seconds_count{method="GET",route="/v1/changes",status="2xx"} 2',
  ]);
  await running.stop();
  await Promise.all([all.ended, some.ended]);
});

test('the document of the API names every row and is the one that is kept', async () => {
  const service = await testService();
  const served = await service.app.inject({ method: 'GET', url: '/openapi.json' });
  assert.equal(served.statusCode, 200);
  const document: {
    readonly openapi: string;
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  } = JSON.parse(served.body);
  assert.equal(document.openapi, '3.1.0');
  for (const { path, method, name } of ROUTES) {
    assert.equal(document.paths[path]?.[method.toLowerCase()]?.operationId, name);
  }
  const names = ROUTES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const kept = readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8');
  assert.equal(openApi(ROUTES), kept, 'docs/openapi.json is stale: run npm run docs');
});
