import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { HealthServer, type HealthServerOptions } from '#ops/health-server.ts';
import type { Health } from '#ops/health.ts';
import { memoryLog, type MemoryLog } from '#ops/log.ts';
import { accepts, eventually, freePorts } from '../support/processes.ts';
import { Wire } from '../support/wire.ts';

const READY: Health = { status: 'ready', problems: [] };
const servers: HealthServer[] = [];
after(() => {
  for (const server of servers) server.close();
});

interface Open {
  readonly server: HealthServer;
  readonly log: MemoryLog;
  readonly url: string;
}

async function open(replaced: Partial<HealthServerOptions> = {}): Promise<Open> {
  const [port = 0] = await freePorts(1);
  const log = memoryLog();
  const server = new HealthServer({
    address: '127.0.0.1',
    port,
    metrics: async () => 'postern_build_info 1\n',
    ready: async () => READY,
    alive: async () => true,
    log,
    retryMs: 1,
    ...replaced,
  });
  servers.push(server);
  server.open();
  return { server, log, url: `http://127.0.0.1:${replaced.port ?? port}` };
}

function opened({ log }: Open): Promise<unknown> {
  return eventually('it is open', () => log.entries.find(({ event }) => event === 'listener.opened'));
}

test('the metrics are served in the format of Prometheus', async () => {
  const endpoint = await open();
  await opened(endpoint);
  const response = await fetch(`${endpoint.url}/metrics`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(await response.text(), 'postern_build_info 1\n');
  assert.equal((await fetch(`${endpoint.url}/metrics?x=1`)).status, 200);
});

test('readiness is told in words; only what is unready answers 503', async () => {
  let health: Health = READY;
  const endpoint = await open({ ready: async () => health });
  await opened(endpoint);
  const ask = async (): Promise<[number, unknown]> => {
    const response = await fetch(`${endpoint.url}/readyz`);
    return [response.status, await response.json()];
  };
  assert.deepEqual(await ask(), [200, READY]);
  health = { status: 'degraded', problems: ['a certificate expires in 3 days'] };
  assert.deepEqual(await ask(), [200, health]);
  health = { status: 'unready', problems: ['the store is out of reach: it does not answer'] };
  assert.deepEqual(await ask(), [503, health]);
});

test('a gateway of which no worker answers is not alive', async () => {
  let alive = true;
  const endpoint = await open({ alive: async () => alive });
  await opened(endpoint);
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
  alive = false;
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 503);
});

test('other pages and methods are refused', async () => {
  const endpoint = await open();
  await opened(endpoint);
  assert.equal((await fetch(endpoint.url)).status, 404);
  assert.equal((await fetch(`${endpoint.url}/metrics`, { method: 'POST', body: 'x' })).status, 405);
  const head = await fetch(`${endpoint.url}/metrics`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('however many ask, the workers are asked once at a time', async () => {
  const gate = Promise.withResolvers<void>();
  const lastSeen = Promise.withResolvers<void>();
  let asked = 0;
  const endpoint = await open({
    ready: async () => {
      asked += 1;
      await gate.promise;
      return READY;
    },
    metrics: async () => {
      lastSeen.resolve();
      return '';
    },
  });
  await opened(endpoint);
  const wire = await Wire.open(Number(new URL(endpoint.url).port));
  // Requests of one connection are seen in their order.
  wire.send(
    [...Array<string>(5).fill('/readyz'), '/metrics'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''),
  );
  await lastSeen.promise;
  assert.equal(asked, 1);
  gate.resolve();
  await wire.until(/(HTTP\/1\.1 200[^]*){6}/);
  await fetch(`${endpoint.url}/readyz`);
  assert.equal(asked, 2);
  wire.close();
});

test('a reading that fails costs its asker the connection, and is logged', async () => {
  const endpoint = await open({ metrics: () => Promise.reject(new Error('a bug')) });
  await opened(endpoint);
  await assert.rejects(fetch(`${endpoint.url}/metrics`));
  assert.ok(endpoint.log.entries.some(({ event, error }) => event === 'fault' && error === 'Error: a bug'));
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
});

test('a port that is taken is complained of once and had as soon as it is free', async () => {
  const [port = 0] = await freePorts(1);
  const squatter = createServer().listen(port, '127.0.0.1');
  await eventually('the port is taken', () => squatter.listening);
  const endpoint = await open({ port });
  await eventually('it complains', () => endpoint.log.entries.some(({ event }) => event === 'listener.failed'));
  await new Promise((resolve) => squatter.close(resolve));
  await opened(endpoint);
  assert.equal((await fetch(`${endpoint.url}/healthz`)).status, 200);
  assert.equal(endpoint.log.entries.filter(({ event }) => event === 'listener.failed').length, 1);
});

test('once closed it has given its port back', async () => {
  const endpoint = await open();
  await opened(endpoint);
  await fetch(`${endpoint.url}/healthz`); // a connection that is kept alive
  endpoint.server.close();
  await eventually('the port is free', async () => !(await accepts(Number(new URL(endpoint.url).port))));
});
