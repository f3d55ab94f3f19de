import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAuthority, LOOPBACK_NAMES } from '../support/certificates.ts';
import { startGateway, type Gateway } from '../support/gateway.ts';
import { freePorts, temporaryDirectory } from '../support/processes.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';

const directory = await temporaryDirectory('store-at-start');
const authority = await createAuthority(directory.path, 'authority');
const certificate = await authority.issue(LOOPBACK_NAMES);
after(() => directory.remove());

async function start(redisPort: number): Promise<Gateway> {
  const [nobody = 0] = await freePorts(1);
  const service = { port: nobody, tls: 'none' };
  const impersonation = { kind: 'master-user', user: 'gateway', password: 'x' };
  const main = {
    hosts: ['127.0.0.1'],
    impersonation,
    imap: service,
    pop3: service,
    submission: service,
    sieve: service,
  };
  return startGateway({
    backends: { main },
    certificates: [certificate],
    caFile: authority.caFile,
    store: { kind: 'redis', url: `redis://127.0.0.1:${redisPort}` },
  });
}

test('a Redis that evicts is refused at the start, with what to do', { timeout: 120_000 }, async () => {
  const redis: RedisServer = await startRedis(['--maxmemory-policy', 'allkeys-lru', '--appendonly', 'yes']);
  await assert.rejects(start(redis.port), /has maxmemory-policy "allkeys-lru" .*: set "maxmemory-policy noeviction"/);
  await redis.stop();
});

test('a Redis that is not there is refused at the start', { timeout: 120_000 }, async () => {
  const [port = 0] = await freePorts(1);
  await assert.rejects(start(port), /postern: .*Redis.*127\.0\.0\.1/);
});

test('a Redis that does not persist is remarked on once', { timeout: 120_000 }, async () => {
  const redis: RedisServer = await startRedis(['--appendonly', 'no', '--save', '']);
  const gateway = await start(redis.port);
  const remarks = gateway.log().filter(({ event }) => event === 'store.remark');
  assert.equal(remarks.length, 1);
  assert.match(String(remarks[0]?.['remark']), /persists neither by AOF nor by RDB/);
  await gateway.stop();
  await redis.stop();
});
