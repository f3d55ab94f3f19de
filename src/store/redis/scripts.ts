/**
 * The Lua scripts of the Redis adapter: each is one atomic step, on a Cluster within one slot. Times come in as arguments;
 * every key that may expire gets its lifetime in the same step.
 */

import { createHash } from 'node:crypto';

export interface Script {
  readonly text: string;
  readonly sha: string;
}

// A call of redis.call costs Redis more than most of the commands do, so each script makes as few as it can. Numbers are
// passed on as the text that they came as: Lua would print them anew. Old members of a set go when a new one comes.

const VERDICTS_SINCE_WINDOW_BEGAN = `
local function count_verdict(key, now, window)
  local start = tonumber(redis.call('HGET', key, 'start'))
  if not start or tonumber(now) - start >= tonumber(window) or start - tonumber(now) > tonumber(window) then
    redis.call('DEL', key)
    redis.call('HSET', key, 'start', now)
    redis.call('PEXPIRE', key, window)
  end
  return redis.call('HINCRBY', key, 'count', 1)
end
`;

/**
 * KEYS account, networks, wrong, wrong-from, wrong-networks; where one server has them all, domain, verdicts as well
 * ARGV network, mark, now, window (ms), account limit, network limit, known since (ms), window of verdicts (ms)
 * Returns epoch, record, known (0 or 1), distinct wrong secrets of the account, and of it from this network; with a
 * domain also its epoch, its record, and what COUNT_VERDICT returns.
 *
 * What lies further ahead than the window was counted by a clock that has been set back since.
 * An attempt beyond either limit reads "limit + 1" and leaves no trace in either count: an attack costs bounded memory
 * and does not lengthen itself, and one network alone cannot use up what the account allows to all others.
 */
export const COUNT_LOGIN = script(`${VERDICTS_SINCE_WINDOW_BEGAN}
local network, mark, now, window = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function measure(key, limit)
  local size = redis.call('ZCARD', key)
  if size > 0 then
    size = size - redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    size = size - redis.call('ZREMRANGEBYSCORE', key, '(' .. (now + window), '+inf')
    if redis.call('ZSCORE', key, mark) then return size, size, false end
  end
  return size, size + 1, size >= limit
end
local function add(key, member)
  local added = redis.call('ZADD', key, ARGV[3], member)
  redis.call('PEXPIRE', key, ARGV[4])
  return added
end
local found = redis.call('HMGET', KEYS[1], 'epoch', 'record')
local seen = redis.call('ZSCORE', KEYS[2], network)
local known = seen and tonumber(seen) > tonumber(ARGV[7])
local before, ofAccount, accountFull = measure(KEYS[3], tonumber(ARGV[5]))
local _, ofNetwork, networkFull = measure(KEYS[4], tonumber(ARGV[6]))
if not networkFull and (known or not accountFull) then
  add(KEYS[4], mark)
  if add(KEYS[5], KEYS[4]) == 1 then redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - window) end
  if not known then add(KEYS[3], mark) end
end
local answer = { found[1], found[2], known and 1 or 0, known and before or ofAccount, ofNetwork }
if KEYS[6] then
  local domain = redis.call('HMGET', KEYS[6], 'epoch', 'record')
  answer[6], answer[7] = domain[1], domain[2]
  answer[8] = count_verdict(KEYS[7], ARGV[3], ARGV[8])
end
return answer
`);

/**
 * KEYS verdicts
 * ARGV now, window (ms)
 * Returns the verdicts given to the network since its window began, this one included.
 */
export const COUNT_VERDICT = script(`${VERDICTS_SINCE_WINDOW_BEGAN}
return count_verdict(KEYS[1], ARGV[1], ARGV[2])
`);

/**
 * KEYS networks, wrong, wrong-from, last-uses; the same again for each further success
 * ARGV networks kept, how long (ms), last uses kept how long (s); then for each success network, mark, now, app password
 * id or '', its last use
 * One that cannot be recorded keeps none of the others from it. Returns for each of them null, or the error's text.
 */
export const RECORD_SUCCESSES = script(`
local kept, kept_ms, last_use_seconds = ARGV[1], ARGV[2], ARGV[3]
local function record(at)
  local networks, wrong, wrong_from, last_uses = unpack(KEYS, 4 * at + 1, 4 * at + 4)
  local network, mark, now, id, last_use = unpack(ARGV, 5 * at + 4, 5 * at + 8)
  redis.call('ZREM', wrong, mark)
  redis.call('ZREM', wrong_from, mark)
  if redis.call('ZADD', networks, now, network) == 1 then
    redis.call('ZREMRANGEBYSCORE', networks, '-inf', now - kept_ms)
    redis.call('ZREMRANGEBYRANK', networks, 0, -1 - kept)
  end
  redis.call('PEXPIRE', networks, kept_ms)
  if id ~= '' then
    redis.call('HSET', last_uses, id, last_use)
    redis.call('EXPIRE', last_uses, last_use_seconds)
  end
end
local faults = {}
for at = 0, #KEYS / 4 - 1 do
  local done, why = pcall(record, at)
  faults[at + 1] = not done and (type(why) == 'table' and why.err or why)
end
return faults
`);

/** KEYS wrong, wrong-networks (its members are keys of the same slot) */
export const FORGIVE = script(`
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do redis.call('DEL', key) end
return redis.call('DEL', KEYS[1], KEYS[2])
`);

/**
 * KEYS domain
 * ARGV record, channel, domain, expected epoch or '*' for any
 * Returns the new epoch, 0 when another than the expected one was found. The epoch lives beside the record, so it
 * outlives the record's removal.
 */
export const SAVE_DOMAIN = script(`
if ARGV[4] ~= '*' and (redis.call('HGET', KEYS[1], 'epoch') or '0') ~= ARGV[4] then return 0 end
local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'record', ARGV[1])
redis.call('PUBLISH', ARGV[2], cjson.encode({ kind = 'domain', domain = ARGV[3], epoch = epoch }))
return epoch
`);

/**
 * KEYS a record of which there is one
 * ARGV expected epoch, record
 * Returns written (0 or 1).
 */
export const SWAP_SINGLE = script(`
if (redis.call('HGET', KEYS[1], 'epoch') or '0') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
redis.call('HSET', KEYS[1], 'record', ARGV[2])
return 1
`);

/**
 * KEYS accounts, seen
 * ARGV account, now, how long (s)
 */
export const NOTE_SEEN = script(`
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', tonumber(ARGV[2]) - 1000 * tonumber(ARGV[3]))
return redis.call('EXPIRE', KEYS[2], ARGV[3])
`);

/**
 * KEYS account, last-uses
 * ARGV expected epoch, record, channel, account, ids of the app passwords in the record …
 * Writes and announces if the epoch is still the expected one. Returns written (0 or 1), epoch, record as they are now.
 * Last uses of app passwords that are no more go in the same step.
 */
export const SWAP_ACCOUNT = script(`
local found = redis.call('HMGET', KEYS[1], 'epoch', 'record')
local epoch = tonumber(found[1] or '0')
if epoch ~= tonumber(ARGV[1]) then return { 0, epoch, found[2] } end
redis.call('HSET', KEYS[1], 'epoch', epoch + 1, 'record', ARGV[2])
local live = {}
for i = 5, #ARGV do live[ARGV[i]] = true end
for _, id in ipairs(redis.call('HKEYS', KEYS[2])) do
  if not live[id] then redis.call('HDEL', KEYS[2], id) end
end
redis.call('PUBLISH', ARGV[3], cjson.encode({ kind = 'account', account = ARGV[4], epoch = epoch + 1 }))
return { 1, epoch + 1, ARGV[2] }
`);

/**
 * KEYS index
 * ARGV now, lifetime (s), members …
 * Notes that these members were alive now and forgets those that have not been for the lifetime.
 */
export const TOUCH_INDEX = script(`
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - 1000 * tonumber(ARGV[2]))
return redis.call('EXPIRE', KEYS[1], ARGV[2])
`);

/**
 * KEYS session
 * ARGV channel, id
 * Returns 0 when there is no such session.
 */
export const CUT_OFF = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('PUBLISH', ARGV[1], cjson.encode({ kind = 'session', id = ARGV[2] }))
return 1
`);

/**
 * KEYS list
 * ARGV entry, entries kept, lifetime (s)
 * Before each entry stands the time (s) at which it was written; those older than their lifetime go with the next one.
 */
export const APPEND_AUDIT = script(`
local now = tonumber(redis.call('TIME')[1])
redis.call('LPUSH', KEYS[1], string.format('%d %s', now, ARGV[1]))
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
while tonumber(string.match(redis.call('LINDEX', KEYS[1], -1), '^%d+')) < now - ARGV[3] do redis.call('RPOP', KEYS[1]) end
return redis.call('EXPIRE', KEYS[1], ARGV[3])
`);

/** A script and its digest, by which Redis knows it. */
export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
