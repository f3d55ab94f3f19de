import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callerName } from '#cli/caller.ts';
import { commandWorld } from '../support/command-line.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\n';
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('the caller is the user of the process, with who logged in before sudo beside it', () => {
  const cases = [
    [{ uid: 0, loginUid: '1000' }, 'root (login alice)'],
    [{ uid: 0, loginUid: '0\n' }, 'root'],
    [{ uid: 1000, loginUid: '1000' }, 'alice'],
    [{ uid: 0, loginUid: '4294967295' }, 'root'],
    [{ uid: 0, loginUid: '' }, 'root'],
    [{ uid: 0, loginUid: '1001' }, 'root (login uid 1001)'],
    [{ uid: 10001, loginUid: '4294967295' }, 'uid 10001'],
    [{ uid: undefined, loginUid: '' }, 'uid unknown'],
  ] as const;
  for (const [sources, name] of cases) assert.equal(callerName({ ...sources, passwd: PASSWD }), name);
});

test('the audit names the real user, whatever the environment says', async () => {
  const world = commandWorld();
  try {
    const environment = { ...process.env, USER: 'mallory', LOGNAME: 'mallory', SUDO_USER: 'mallory', HOME: '/mallory' };
    const command = ['domain', 'set', 'example.org', 'enabled', '--json', '-c', world.configFile];
    execFileSync(process.execPath, [MAIN, ...command], { env: environment, timeout: 60_000 });
    const listed = await world.json('audit', 'list', '--domain', 'example.org');
    const actors = [...JSON.stringify(listed).matchAll(/"actor":"([^"]*)"/g)].map(([, actor = '']) => actor);
    const uid = String(process.getuid?.());
    const own = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((line) => line.split(':')[2] === uid);
    const name = own?.split(':')[0] ?? `uid ${uid}`;
    assert.ok(actors.length > 0);
    for (const actor of actors) assert.match(actor, new RegExp(`^cli:${name}(?: \\(login [^)]+\\))?$`));
  } finally {
    world.remove();
  }
});
