/** `npm start`: what it prints can be pasted and works, everything survives a restart, and it ends cleanly. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { after } from 'node:test';
import type { Guide } from '#demo/guide.ts';
import { freePortBase, guideOf, npmStart, processesWith, runDemo } from '../support/demo.ts';
import { run, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('demo');
after(() => directory.remove());
const folder = join(directory.path, 'demo folder');
const portBase = await freePortBase();
const options = ['--folder', folder, '--port-base', portBase];

/** Runs a line as pasted into a terminal somewhere else. */
async function paste(line: string): Promise<string> {
  const { code, stdout, stderr } = await run('sh', ['-c', line], { cwd: '/' });
  assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
  return stdout;
}

function commandOf(guide: Guide, name: Guide['commands'][number]['name']): string {
  const found = guide.commands.find((command) => command.name === name);
  assert.ok(found);
  return found.line;
}

function imapUrl(guide: Guide, path: string): string {
  const server = guide.servers.find(({ protocol, security }) => protocol === 'imap' && security === 'SSL/TLS');
  assert.ok(server);
  return `imaps://${server.host}:${server.port}/${path}`;
}

const APP_PASSWORD = /^ +alice@two-step\.example +(\S{4} \S{4} \S{4} \S{4}) /m;
let appPasswordBefore: string | undefined;

test('the four commands of the table work as they are pasted, and Ctrl-C ends everything', async () => {
  await using demo = runDemo(...options);
  await demo.says(/^Ctrl-C ends it all/m);
  appPasswordBefore = APP_PASSWORD.exec(demo.stdout())?.[1];
  const lines = demo.stdout().split('\n');
  const [imap, ordinary, pop3, sendAndRead, ...more] = lines.filter((line) => /^(curl|printf) /.test(line));
  assert.ok(imap !== undefined && ordinary !== undefined && pop3 !== undefined && sendAndRead !== undefined);
  assert.deepEqual(more, []);

  assert.match(await paste(imap), /^\* LIST .* "INBOX"\r$/m);
  const refused = await paste(ordinary);
  assert.match(refused, /^< \* NO \[ALERT\] .*app password/m);
  assert.match(refused, /^< A\d+ NO \[AUTHENTICATIONFAILED\] .*app password/m);
  assert.match(await paste(pop3), /^Subject: Welcome to the Postern demo\r$/m);
  assert.match(await paste(sendAndRead), /^Subject: Hello\r\n\r\nHello, myself\.\r$/m);

  demo.ctrlC();
  assert.equal(await demo.ended, 0);
  assert.deepEqual(processesWith(folder), []);
  assert.equal(demo.stderr(), '');
});

test('after a restart all is as it was, and each account is treated as the table says', async () => {
  await using demo = runDemo(...options, '--json');
  const guide = await guideOf(demo);
  await assertAsBefore(guide);
  await assertTreatedAsTold(guide);
  demo.ctrlC();
  assert.equal(await demo.ended, 0);
});

test('npm start prints JSON when asked, refuses a second demo, and leaves no process behind', async () => {
  await using demo = npmStart(...options, '--json');
  const guide = await guideOf(demo);
  assert.equal(demo.stdout(), `${JSON.stringify(guide)}\n`);
  assert.match(await paste(commandOf(guide, 'pop3')), /^Subject: /m);

  await using second = npmStart('--folder', join(directory.path, 'second'), '--port-base', portBase);
  assert.equal(await second.ended, 1);
  assert.equal(second.stdout(), '');
  assert.match(second.stderr(), new RegExp(`^postern: port ${Number(portBase) + 993} is taken: .*--port-base.*\n$`));

  demo.ctrlC();
  assert.equal(await demo.ended, 0);
  assert.deepEqual(processesWith(folder), []);
});

/** The app password is the same and works, and the mail is still there. */
async function assertAsBefore(guide: Guide): Promise<void> {
  const alice = guide.accounts.find(({ address }) => address === 'alice@two-step.example');
  assert.ok(alice?.appPassword);
  assert.equal(alice.appPassword, appPasswordBefore);
  const line = commandOf(guide, 'imap');
  assert.match(await paste(line), /INBOX/);
  const mailbox = await paste(line.replace(imapUrl(guide, ''), imapUrl(guide, 'INBOX;MAILINDEX=2')));
  assert.match(mailbox, /^Subject: Hello\r$/m);
}

async function assertTreatedAsTold(guide: Guide): Promise<void> {
  assert.deepEqual(
    guide.accounts.map(({ address, standing, appPassword }) => [address, standing, appPassword !== undefined]),
    [
      ['alice@two-step.example', 'app-password', true],
      ['bob@two-step.example', 'optional', false],
      ['carol@forced.example', 'enrolment', false],
    ],
  );
  const logIn = (address: string, password: string): ReturnType<typeof run> =>
    run('curl', ['-sSv', '--cacert', guide.authority, '-u', `${address}:${password}`, imapUrl(guide, '')]);
  const [, bob, carol] = guide.accounts;
  assert.ok(bob && carol);
  assert.equal((await logIn(bob.address, bob.ordinaryPassword)).code, 0);
  const refused = await logIn(carol.address, carol.ordinaryPassword);
  assert.equal(refused.code, 67);
  assert.match(refused.stderr, /^< \* NO \[ALERT\] Two-step authentication must be set up first/m);
  const wrong = await logIn(carol.address, 'not her password');
  assert.equal(wrong.code, 67);
  assert.doesNotMatch(wrong.stderr, /ALERT/);

  const log = readFileSync(guide.log, 'utf8');
  for (const { ordinaryPassword, appPassword } of guide.accounts) {
    assert.ok(!log.includes(ordinaryPassword));
    assert.ok(appPassword === undefined || !log.includes(appPassword.replaceAll(' ', '')));
  }
}

test('a taken port is named in one line, and so is what to do', async () => {
  const port = Number(portBase) + 587;
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  await using demo = runDemo(...options);
  assert.equal(await demo.ended, 1);
  assert.match(demo.stderr(), new RegExp(`^postern: port ${port} is taken: end what uses it .*--port-base.*\n$`));
  other.close();
});

test('a folder that cannot be written is named in one line, and so is what to do', async () => {
  const file = join(directory.path, 'a file');
  writeFileSync(file, '');
  await using demo = runDemo('--folder', join(file, 'demo'), '--port-base', portBase);
  assert.equal(await demo.ended, 1);
  assert.match(demo.stderr(), /^postern: cannot use .*a file\/demo \(ENOTDIR\): .*--folder.*\n$/);
});

test('arguments that mean nothing are refused in one line', async () => {
  for (const args of [['--colour'], ['--port-base', 'low'], ['--port-base', '65000'], ['here']]) {
    await using demo = runDemo(...args);
    assert.equal(await demo.ended, 1);
    assert.match(demo.stderr(), /^postern: .*\n$/);
  }
});
