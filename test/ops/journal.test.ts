import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { asErrors } from '#ops/journal.ts';
import { temporaryDirectory } from '../support/processes.ts';

const LOG = fileURLToPath(new URL('../../src/ops/log.ts', import.meta.url));
const SCRIPT = `const { openLog } = await import(${JSON.stringify(LOG)});
  const log = openLog('debug').child({ session: 'a' });
  for (const level of ['debug', 'info', 'warn', 'error']) log[level]('fault', { text: 'one\\ntwo' });`;

/** What a process writes to a file, which it is told is the journal, or is not. */
async function written(stream: (dev: bigint, ino: bigint) => string | undefined): Promise<string[]> {
  const directory = await temporaryDirectory('journal');
  const file = `${directory.path}/output`;
  const output = openSync(file, 'w');
  const { dev, ino } = fstatSync(output, { bigint: true });
  const { JOURNAL_STREAM: _, ...env } = process.env;
  const named = stream(dev, ino);
  const evaluate = process.versions['bun'] === undefined ? ['--input-type=module', '-e', SCRIPT] : ['-e', SCRIPT];
  execFileSync(process.execPath, evaluate, {
    stdio: ['ignore', output, 'inherit'],
    env: named === undefined ? env : { ...env, JOURNAL_STREAM: named },
  });
  closeSync(output);
  const text = readFileSync(file, 'utf8');
  await directory.remove();
  return text.trimEnd().split('\n');
}

test('where the journal reads, each line begins with its priority and is JSON behind it', async () => {
  const lines = await written((dev, ino) => `${dev}:${ino}`);
  const found = lines.map((line) => [line.slice(0, 3), JSON.parse(line.slice(3)).level]);
  assert.deepEqual(found, [
    ['<7>', 'debug'],
    ['<6>', 'info'],
    ['<4>', 'warn'],
    ['<3>', 'error'],
  ]);
});

test('elsewhere lines are JSON alone, also where the variable of the journal has been inherited', async () => {
  for (const stream of [undefined, '', '0:0']) {
    const lines = await written(() => stream);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level),
      ['debug', 'info', 'warn', 'error'],
    );
  }
  const otherDevice = await written((dev, ino) => `${dev + 1n}:${ino}`);
  assert.ok(otherDevice.every((line) => line.startsWith('{')));
});

test('each line of an error of several lines is marked', () => {
  assert.equal(asErrors('postern: a\nb'), '<3>postern: a\n<3>b');
});
