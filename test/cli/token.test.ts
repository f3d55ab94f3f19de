/** `postern token`: a token is shown once, listed without its secret, and revoked. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWorld } from '../support/command-line.ts';

test('a token is made, shown once, listed and revoked', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  assert.match((await world.run(['token', 'list'])).out, /^there are no tokens/);
  const made = await world.run(['token', 'create', 'nginx', '--role', 'verifier', '--all']);
  const [secret = ''] = /postern_[a-z0-9]{10}_[a-z0-9]{32}/.exec(made.out) ?? [];
  assert.notEqual(secret, '');
  const roles = ['--role', 'admin', 'reveal', '--domain', 'Example.ORG', '--expires', '90d'];
  const second = Object(await world.json('token', 'create', 'billing', ...roles));
  assert.deepEqual([second.roles, second.domains], [['admin', 'reveal'], ['example.org']]);
  const listed = await world.run(['token', 'list']);
  assert.match(listed.out, /^nginx +verifier +all domains +.* by cli:.* never$/m);
  assert.match(listed.out, /^billing +admin, reveal +example\.org .*\(in 3 months\)$/m);
  const json = JSON.stringify(await world.json('token', 'list'));
  for (const shown of [secret, String(second.token)]) assert.ok(!(listed.out + json).includes(shown.slice(-32)));
  const asked = await world.run(['token', 'revoke', 'nginx'], { answers: ['y'] });
  assert.equal(asked.out, 'The token nginx is no longer good.');
  assert.equal((await world.run(['token', 'revoke', 'nginx', '--yes'])).code, 3);
});

test('a token without a role or a domain, or with both kinds of domains, is refused', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  for (const args of [
    ['--all'],
    ['--role', 'admin'],
    ['--role', 'admin', '--all', '--domain', 'a.test'],
    ['--role', 'x'],
  ]) {
    assert.equal((await world.run(['token', 'create', 'one', ...args])).code, 2, args.join(' '));
  }
});
