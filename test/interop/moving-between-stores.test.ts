/** Everything moves from the embedded store into a real Cluster, from there behind Sentinels, and back, unchanged. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { configured, filledWorld, NONE_RESTORED, recordsIn } from '../support/exported-world.ts';
import { startRedisCluster, startRedisSentinels } from '../support/redis.ts';

const ACCOUNTS = 60;
const DOMAINS = 12;

const [cluster, sentinels] = await Promise.all([startRedisCluster(), startRedisSentinels()]);
after(() => Promise.all([cluster.stop(), sentinels.stop()]));

const places = (ports: readonly number[]): string => `[${ports.map((port) => `"127.0.0.1:${port}"`).join(', ')}]`;
const CLUSTER = `{ kind: redis, cluster: ${places(cluster.servers.map(({ port }) => port))} }`;
const { masterName, sentinelPorts } = sentinels;
const BEHIND_SENTINELS = `{ kind: redis, sentinels: { master: ${masterName}, hosts: ${places(sentinelPorts)} } }`;

/** Domains and accounts whose keys are spread over all nodes of the Cluster. */
function manyLines(): string {
  const domains = Array.from({ length: DOMAINS }, (_, at) => ({ domain: `d${at}.test`, mode: 'enabled' }));
  const accounts = Array.from({ length: ACCOUNTS }, (_, at) => ({
    account: `u${at}@d${at % DOMAINS}.test`,
    suspended: true,
  }));
  return [...domains, ...accounts].map((line) => `${JSON.stringify(line)}\n`).join('');
}

test('an export that was restored into each kind of store is the same again', { timeout: 120_000 }, async (t) => {
  const { at } = await filledWorld(t);
  const lines = join(at.folder, 'many.jsonl');
  writeFileSync(lines, manyLines());
  const imported = await at.run(['import', lines]);
  assert.equal(imported.code, 0, imported.err);
  const first = join(at.folder, 'first.jsonl');
  await at.run(['export', '--to', first]);
  const expected = recordsIn(first);
  assert.ok(expected.length > DOMAINS + 2 * ACCOUNTS, `${expected.length} lines`);

  let before = first;
  for (const [name, store] of [
    ['cluster', CLUSTER],
    ['sentinels', BEHIND_SENTINELS],
    ['embedded', '{ kind: embedded, path: other.db }'],
  ] as const) {
    const config = configured(at, `${name}.yaml`, store);
    const { domains, accounts } = Object(await at.json('restore', before, '--config', config));
    assert.deepEqual(domains, { ...NONE_RESTORED, created: DOMAINS + 1 }, name);
    assert.deepEqual(accounts, { ...NONE_RESTORED, created: ACCOUNTS + 3 }, name);
    const next = join(at.folder, `${name}.jsonl`);
    assert.equal((await at.run(['export', '--config', config, '--to', next])).code, 0, name);
    assert.deepEqual(recordsIn(next), expected, name);
    before = next;
  }
  const sizes = await Promise.all(cluster.servers.map((server) => server.command('dbsize')));
  assert.ok(
    sizes.every((size) => Number(size) > 0),
    `every node of the Cluster holds some: ${sizes.join(', ')}`,
  );
});
