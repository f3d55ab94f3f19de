/** How many logins ask Redis at one time: thousands at once must not outlast the deadline of each. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPS } from '#store/caps.ts';
import { DEFAULT_KEY_PREFIX, keyPlan } from '#store/keys.ts';
import { Link } from '#store/redis/link.ts';
import { redisLogins } from '#store/redis/logins.ts';
import { accountOf, query } from './contract.ts';

test('sixty-four look-ups are under way at most, and the deadline of the others has not begun', async () => {
  let [underWay, most] = [0, 0];
  // run() is where a deadline begins.
  const run = async (): Promise<unknown> => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return [null, null, 0, 0, 0, null, null, 1];
  };
  const link: Link = Object.assign(Object.create(Link.prototype), { run, deadlineMs: 600_000 });
  const logins = redisLogins({ link, keys: keyPlan(DEFAULT_KEY_PREFIX), caps: DEFAULT_CAPS });
  const asked = Array.from({ length: 1000 }, (_, at) => logins.lookupLogin(query(accountOf(`user${at}`), 'wrong')));
  assert.equal((await Promise.all(asked)).length, 1000);
  assert.equal(most, 64);
});
