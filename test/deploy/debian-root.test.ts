/** The fresh Debian that other tests install Postern in is what they take it for. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test, { after } from 'node:test';
import { bootDebianRoot, openDebianRoot, type DebianRoot } from '../support/debian-root.ts';

const opened: DebianRoot[] = [];
after(async () => void (await Promise.all(opened.map((root) => root.stop()))));

async function kept(opening: Promise<DebianRoot>): Promise<DebianRoot> {
  const root = await opening;
  opened.push(root);
  return root;
}

test('a root that is only opened has no Node, no process of its own, and forgets what is written in it', async () => {
  const root = await kept(openDebianRoot());
  assert.equal((await root.run(['sh', '-c', 'command -v node bun'])).stdout, '');
  assert.equal((await root.run(['id', '-un'], { user: 'nobody' })).stdout, 'nobody\n');
  assert.equal((await root.run(['tee', '/etc/written'], { input: 'by the test' })).code, 0);
  assert.ok(existsSync(`${root.path}/etc/written`));
  await root.stop();

  const next = await kept(openDebianRoot());
  assert.ok(!existsSync(`${next.path}/etc/written`));
  assert.equal((await next.run(['cat', '/proc/1/comm'])).stdout, 'sleep\n');
  await next.stop();
});

test('a root that is booted runs systemd, Dovecot and Postfix in a network of its own', async () => {
  const root = await kept(bootDebianRoot());
  assert.equal((await root.run(['systemctl', 'is-system-running'])).stdout, 'running\n');
  for (const service of ['dovecot', 'postfix']) {
    assert.equal((await root.run(['systemctl', 'is-active', service])).stdout, 'active\n');
  }
  const greeting = await root.run(['curl', '--silent', '--max-time', '5', 'imap://127.0.0.1/', '--verbose']);
  assert.match(greeting.stderr, /\* OK .*Dovecot \(Debian\) ready/);
  assert.match((await root.run(['ip', '-brief', 'link'])).stdout, /^lo .*\n$/);
  await root.stop();
  assert.ok(!existsSync(`/proc/${root.pid}`));
});
