/** What INFO of a Redis server means to an operator, without a server. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeServer } from '#store/redis/health.ts';

function info(...lines: readonly string[]): string {
  return ['# Memory', 'maxmemory_policy:noeviction', 'maxmemory:0', 'used_memory:1000', ...lines].join('\r\n');
}

const AOF = ['aof_enabled:1', 'aof_last_write_status:ok', 'rdb_last_bgsave_status:ok'];

test('a server that keeps everything and persists needs no remark', () => {
  assert.deepEqual(judgeServer(info(...AOF), 'off'), { usable: true, remarks: [] });
  assert.deepEqual(judgeServer(info('aof_enabled:0'), 'on'), { usable: true, remarks: [] });
});

test('a server whose eviction policy cannot be read is not relied upon', () => {
  assert.equal(judgeServer('# Memory\r\naof_enabled:1', 'on').usable, false);
});

test('every policy but noeviction may drop what must be kept', () => {
  for (const policy of ['allkeys-lru', 'volatile-lru', 'volatile-ttl', 'allkeys-random']) {
    assert.equal(judgeServer(`maxmemory_policy:${policy}\r\n${AOF.join('\r\n')}`, 'on').usable, false);
  }
});

test('a server older than the commands that are used is not relied upon', () => {
  const { usable, remarks } = judgeServer(info('redis_version:6.0.16', ...AOF), 'on');
  assert.deepEqual({ usable, remarks }, { usable: false, remarks: ['is version 6.0.16: Postern needs 6.2 or later.'] });
  for (const version of ['6.2.0', '7.0.15', '8.0.1']) {
    assert.equal(judgeServer(info(`redis_version:${version}`, ...AOF), 'on').usable, true);
  }
});

test('failed writes to its disk are told', () => {
  const text = info('aof_enabled:1', 'aof_last_write_status:err', 'rdb_last_bgsave_status:err');
  const { usable, remarks } = judgeServer(text, 'on');
  assert.equal(usable, true);
  assert.match(remarks.join('\n'), /could not write its AOF[^]*could not save its last snapshot/);
});

test('a replica that lags or is not in step is told, one in step is not', () => {
  const replica = (state: string, lag: number): readonly string[] =>
    judgeServer(info(...AOF, `slave0:ip=10.0.0.2,port=6379,state=${state},offset=1064,lag=${lag}`), 'on').remarks;
  assert.deepEqual(replica('online', 1), []);
  assert.match(replica('online', 11).join(), /10\.0\.0\.2:6379.* 11 s behind/);
  assert.match(replica('wait_bgsave', 0).join(), /10\.0\.0\.2:6379\) that is wait_bgsave/);
});
