import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWorld } from '../support/command-line.ts';

test('what was done to an account and in a domain can be read, newest first', async (t) => {
  const at = commandWorld();
  t.after(at.remove);
  await at.run(['account', 'suspend', 'alice@example.org', '--yes']);
  await at.run(['account', 'resume', 'alice@example.org']);
  await at.run(['account', 'suspend', 'bob@example.org', '--yes']);
  const { out } = await at.run(['audit', 'list', '--account', 'Alice@example.org']);
  const [heads = '', ...rows] = out.split('\n');
  assert.match(heads, /^WHEN +WHO +DID +TO +DETAIL$/);
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? '', /^2026-03-01 .* account\.resumed +alice@example\.org$/);
  assert.match(rows[1] ?? '', / account\.suspended +alice@example\.org/);
  const inDomain = Object(await at.json('audit', 'list', '--domain', 'example.org', '--limit', '2'));
  assert.deepEqual(
    inDomain.map(({ action, account }: { action: string; account: string }) => [action, account]),
    [
      ['account.suspended', 'bob@example.org'],
      ['account.resumed', 'alice@example.org'],
    ],
  );
});

test('an audit is asked for by one account or one domain', async (t) => {
  const at = commandWorld();
  t.after(at.remove);
  assert.equal((await at.run(['audit', 'list', '--domain', 'example.org'])).out, 'nothing is written down');
  const neither = await at.run(['audit', 'list']);
  assert.deepEqual([neither.code, neither.err], [2, 'postern: give --account or --domain']);
  const none = await at.run(['audit', 'list', '--domain', 'example.org', '--limit', 'many']);
  assert.equal(none.code, 2);
  assert.match(none.err, /It must be a whole number/);
});
