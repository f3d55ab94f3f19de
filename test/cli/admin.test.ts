import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Secret } from '#core/secret.ts';
import { openHashingThread } from '#adapters/bcrypt-thread.ts';
import { checkLocalPassword } from '#policy/admins/local-admins.ts';
import { commandWorld } from '../support/command-line.ts';

test('a mail account is granted, listed and revoked', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  assert.match((await world.run(['admin', 'list'])).out, /^nobody is an admin yet/);
  const { out } = await world.run(['admin', 'grant', 'Alice@Example.ORG', '--domain', 'example.org', 'example.net']);
  assert.equal(out, 'alice@example.org is now admin of example.org, example.net.');
  await world.run(['admin', 'grant', 'help@example.org', '--all', '--role', 'help-desk']);
  const listed = await world.run(['admin', 'list']);
  assert.match(listed.out, /^alice@example\.org +admin +example\.org, example\.net +granted .* by cli:/m);
  assert.match(listed.out, /^help@example\.org +help-desk +all domains +granted/m);
  const asked = await world.run(['admin', 'revoke', 'alice@example.org'], { answers: ['y'] });
  assert.equal(asked.out, 'alice@example.org is no longer an admin.');
  const again = await world.run(['admin', 'revoke', 'alice@example.org', '--yes']);
  assert.equal(again.code, 3);
  assert.deepEqual(
    Object(await world.json('admin', 'list')).map((admin: { name: string }) => admin.name),
    ['help@example.org'],
  );
});

test('a local admin gets a password and a key for an authenticator, shown once', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const made = Object(await world.json('admin', 'create', 'root', '--all'));
  assert.match(made.password, /^(?:[a-z0-9]{4}-){4}[a-z0-9]{4}$/);
  assert.match(made.uri, /^otpauth:\/\/totp\//);
  const hasher = openHashingThread();
  await world.withStore(async (store) => {
    assert.equal(await checkLocalPassword({ store, hasher }, 'root', new Secret(made.password)), 'right');
    const { record } = await store.lookupAdmins();
    assert.ok(!JSON.stringify(record).includes(made.password));
    assert.match(record?.admins[0]?.local?.passwordHash ?? '', /^\$2[aby]\$12\$/);
  });
  await hasher.close();
  assert.match((await world.run(['admin', 'list'])).out, /^root +admin +all domains +local, created/m);
  const file = join(world.folder, 'own.password');
  writeFileSync(file, 'a password of my own\n');
  const own = await world.run(['admin', 'create', 'root', '--domain', 'example.org', '--password-file', file]);
  assert.doesNotMatch(own.out, /Password|of my own/);
});

test('a grant names its domains or says all, and a command that cannot be meant changes nothing', async (t) => {
  const world = commandWorld();
  t.after(world.remove);
  const wrong = [
    ['admin', 'grant', 'alice@example.org'],
    ['admin', 'grant', 'alice@example.org', '--all', '--domain', 'example.org'],
    ['admin', 'grant', 'alice@example.org', '--domain', 'a b'],
    ['admin', 'grant', 'alice@example.org', '--all', '--role', 'root'],
    ['admin', 'create', 'Root', '--all'],
    ['admin', 'create', 'root', '--all', '--password-file', join(world.folder, 'missing')],
  ];
  for (const args of wrong) assert.equal((await world.run(args)).code, 2, args.join(' '));
  assert.deepEqual(await world.json('admin', 'list'), []);
});
