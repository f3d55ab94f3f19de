/**
 * The Lua scripts of expiring records. An owner's record and the index that it is listed in share a slot; what has no
 * owner has no index, and its KEYS[2] is left out.
 */

import { script } from './scripts.ts';

/**
 * KEYS record, index of its owner
 * ARGV id, value, version, expires at (ms), now (ms), most records of the owner, the version that must be there: ''
 * for none, '*' for any or none
 * Returns 1 when it was written. The index never ends before its members: it takes the longest of their lifetimes.
 */
export const WRITE_EPHEMERAL = script(`
local expires, now = ARGV[4], ARGV[5]
if ARGV[7] ~= '*' and (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[7] then return 0 end
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'value', ARGV[2], 'version', ARGV[3], 'expires', expires)
redis.call('PEXPIREAT', KEYS[1], expires)
if KEYS[2] then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('ZADD', KEYS[2], expires, KEYS[1])
  local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[6])
  if surplus > 0 then
    for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, surplus)) do
      if key ~= KEYS[1] and surplus > 0 then
        redis.call('DEL', key)
        redis.call('ZREM', KEYS[2], key)
        surplus = surplus - 1
      end
    end
  end
  redis.call('PEXPIREAT', KEYS[2], redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2])
end
return 1
`);

/**
 * KEYS record, index of its owner
 * Returns what the record held, and takes it away.
 */
export const CONSUME_EPHEMERAL = script(`
local value = redis.call('HGET', KEYS[1], 'value')
redis.call('DEL', KEYS[1])
if KEYS[2] then redis.call('ZREM', KEYS[2], KEYS[1]) end
return value
`);

/**
 * KEYS index
 * Returns, for each record in it that is still there: id, value, version, expires at.
 */
export const LIST_EPHEMERAL = script(`
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HMGET', key, 'id', 'value', 'version', 'expires')
  if fields[1] then found[#found + 1] = fields end
end
return found
`);

/**
 * KEYS index …
 * Returns how many records there were.
 */
export const END_EPHEMERAL = script(`
local ended = 0
for _, index in ipairs(KEYS) do
  for _, key in ipairs(redis.call('ZRANGE', index, 0, -1)) do ended = ended + redis.call('DEL', key) end
  redis.call('DEL', index)
end
return ended
`);
