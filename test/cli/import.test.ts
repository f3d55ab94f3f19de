import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { barText, progressBar } from '#cli/progress.ts';
import { commandWorld, type CommandWorld } from '../support/command-line.ts';
import { run } from '../support/processes.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const CSV = `domain,mode,methods,account,recoveryAddress,appPasswords,suspended
example.org,enabled,totp;email,,,,
,,,alice@example.org,alice@example.net,Phone;Laptop,
,,,bob@example.org,,,true
,,,carol@example.org,no address,,
`;

function world(t: { after: (action: () => void) => void }): CommandWorld {
  const made = commandWorld();
  t.after(made.remove);
  return made;
}

function fileIn(at: CommandWorld, name: string, text: string): string {
  const path = join(at.folder, name);
  writeFileSync(path, text);
  return path;
}

test('a dry run says what an import would do and writes nothing; the import then does it', async (t) => {
  const at = world(t);
  const file = fileIn(at, 'many.csv', CSV);
  const dry = await at.run(['import', file, '--dry-run']);
  assert.equal(dry.code, 1);
  assert.equal(dry.err, 'line 5: recoveryAddress is not a mail address');
  assert.match(dry.out, /^domains +1 +0 +0 +0$/m);
  assert.match(dry.out, /^accounts +2 +0 +0 +0$/m);
  assert.match(dry.out, /Nothing was written/);
  assert.equal(Object(await at.json('domain', 'show', 'example.org')).decided, false);
  const done = await at.run(['import', file, '--json']);
  assert.equal(done.code, 1);
  assert.deepEqual(JSON.parse(done.err), { line: 5, fault: 'recoveryAddress is not a mail address' });
  assert.deepEqual(JSON.parse(done.out).accounts, { created: 2, changed: 0, unchanged: 0, kept: 0 });
  const alice = Object(await at.json('account', 'show', 'alice@example.org'));
  assert.equal(alice.standing, 'app-password');
  assert.deepEqual(alice.factors, ['email']);
  const again = await at.run(['import', file]);
  assert.match(again.out, /^accounts +0 +0 +2 +0$/m);
});

test('secrets go to a new file that only its owner can read, never to the output', async (t) => {
  const at = world(t);
  const file = fileIn(at, 'many.csv', CSV.replace(/.*carol.*\n/, ''));
  const secrets = join(at.folder, 'secrets');
  assert.equal((await at.run(['import', file, '--dry-run', '--secrets', secrets])).code, 0);
  assert.equal(statSync(secrets, { throwIfNoEntry: false }), undefined);
  const { code, out, err } = await at.run(['import', file, '--secrets', secrets]);
  assert.equal(code, 0, err);
  assert.equal(statSync(secrets).mode & 0o777, 0o600);
  const made = JSON.parse(readFileSync(secrets, 'utf8'));
  assert.equal(made.account, 'alice@example.org');
  assert.equal(made.recoveryCodes.length, 10);
  const revealed = Object(await at.json('app-password', 'reveal', 'alice@example.org', 'Laptop'));
  assert.equal(made.appPasswords[1].secret, revealed.secret);
  for (const { secret } of made.appPasswords) assert.ok(!`${out}${err}`.includes(secret));
  const refused = await at.run(['import', file, '--secrets', secrets]);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /is there already: name a new file/);
});

test('a file that cannot be read, or whose form nobody says, is a mistake of the command', async (t) => {
  const at = world(t);
  assert.match((await at.run(['import', 'accounts'])).err, /--format csv or --format jsonl/);
  const missing = await at.run(['import', join(at.folder, 'none.csv')]);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /none\.csv cannot be read/);
  const columns = await at.run(['import', fileIn(at, 'other.csv', 'mail,name\na,b\n')]);
  assert.equal(columns.code, 2);
  assert.match(columns.err, /the first line of a CSV file names its columns/);
});

test('standard input is read, and without a terminal there are lines and no bar', async (t) => {
  const at = world(t);
  const input = '{"domain":"example.org","mode":"forced"}\nnonsense\n';
  const { code, stdout, stderr } = await run(process.execPath, [MAIN, 'import', '-', '--format', 'jsonl'], {
    env: { POSTERN_CONFIG: at.configFile },
    input,
  });
  assert.equal(code, 1);
  assert.equal(stderr, 'line 2: it is not JSON\n');
  assert.match(stdout, /^domains +1 +0 +0 +0$/m);
});

test('a bar shows the part that is read, and only how many lines where the size is unknown', () => {
  assert.equal(
    barText({ line: 12_345, bytesRead: 50 }, 100),
    `[${'#'.repeat(15)}${'.'.repeat(15)}] 50 %  12,345 lines`,
  );
  assert.equal(barText({ line: 2, bytesRead: 100 }, 100), `[${'#'.repeat(30)}] 100 %  2 lines`);
  assert.equal(barText({ line: 2, bytesRead: 100 }, undefined), '2 lines');
  const shown: (string | undefined)[] = [];
  const terminal = { out: () => {}, err: () => {}, interactive: true, colour: false, ask: async () => undefined };
  const bar = progressBar({ ...terminal, progress: (text) => void shown.push(text) }, undefined);
  bar.show({ line: 1, bytesRead: 1 });
  bar.end();
  assert.deepEqual(shown, ['1 lines', undefined]);
});
