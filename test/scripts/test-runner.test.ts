/** The test runner itself: whatever goes wrong in a file is counted, and nothing outlives it. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test, { after } from 'node:test';
import { processesWith } from '../support/demo.ts';
import { freePorts, run, temporaryDirectory } from '../support/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const directory = await temporaryDirectory('runner');
after(() => directory.remove());

const HEAD = "import test from 'node:test';\ntest('a good one', () => {});\n";
const FILES = {
  good: HEAD,
  failing: `${HEAD}test('a bad one', () => { throw new Error('<failure> in words'); });`,
  skipping: `${HEAD}test.skip('left out', () => {});`,
  empty: 'export {};',
  crashing: "throw new Error('at once');",
  leaving: `${HEAD}test('gone', () => process.exit(0));`,
  hanging: `import { spawn } from 'node:child_process';
${HEAD}test('for ever', async () => {
  spawn('sleep', ['1234567']);
  await new Promise(() => setInterval(() => {}, 1000));
});`,
};

/** Runs one file on both runtimes; the exit code, the lines of progress and the last line. */
async function runFile(
  name: keyof typeof FILES,
  limitSeconds = 60,
): Promise<{ readonly code: number | string; readonly progress: readonly string[]; readonly last: string }> {
  const file = join(directory.path, `${name}.test.ts`);
  writeFileSync(file, FILES[name]);
  const env = { TEST_FILE_SECONDS: `${limitSeconds}` };
  const { code, stdout } = await run('node', ['scripts/test.mjs', relative(ROOT, file)], { cwd: ROOT, env });
  const lines = stdout.trimEnd().split('\n');
  return { code, progress: lines.filter((line) => line.includes(`${name}.test.ts  `)), last: lines.at(-1) ?? '' };
}

// It takes as long as it may, while the others run.
const hung = runFile('hanging', 3);

test('a good file is counted on both runtimes', async () => {
  const { code, progress, last } = await runFile('good');
  assert.equal(code, 0);
  assert.equal(last, '2 passed, 0 failed');
  assert.equal(progress.length, 2);
  for (const line of progress) assert.match(line, /good\.test\.ts +1 passed +\d+\.\d s$/);
});

test('a failed test, a skipped one, and a file that ends before its tests are done count as failed', async () => {
  const expected = {
    failing: '2 passed, 2 failed',
    skipping: '2 passed, 2 failed',
    empty: '0 passed, 2 failed',
    crashing: '0 passed, 2 failed',
  } as const;
  for (const name of ['failing', 'skipping', 'empty', 'crashing'] as const) {
    const { code, last } = await runFile(name);
    assert.equal(code, 1, name);
    assert.equal(last, expected[name], name);
  }
  assert.match((await runFile('leaving')).last, /, 2 failed$/);
});

test('a file that hangs is ended with all that it has started', async () => {
  const { code, progress, last } = await hung;
  assert.equal(code, 1);
  assert.match(last, /, 2 failed$/);
  for (const line of progress) assert.match(line, /still running after 3 s/);
  assert.deepEqual(processesWith('1234567'), []);
});

test('files that run at one time choose from ports of their own', async () => {
  const names = ['this', 'that'];
  const files = names.map((name) => join(directory.path, `${name}.test.ts`));
  for (const file of files) {
    // Each waits for the other: they do run at one time.
    const others = JSON.stringify(files.map((one) => `${one}.ports`));
    writeFileSync(
      file,
      `import { existsSync, writeFileSync } from 'node:fs';
import test from 'node:test';
test('its ports', async () => {
  writeFileSync('${file}.ports', process.env.TEST_PORTS);
  while (!${others}.every((one) => existsSync(one))) await new Promise((done) => setTimeout(done, 10));
});`,
    );
  }
  const given = files.map((file) => relative(ROOT, file));
  const { code, stdout } = await run('node', ['scripts/test.mjs', '--only', 'bun', ...given], { cwd: ROOT });
  assert.equal(code, 0, stdout);
  const ranges = files.map((file) => readFileSync(`${file}.ports`, 'utf8').split('-').map(Number));
  const [[, lower = 0] = [], [upper = 0] = []] = ranges.toSorted(([a = 0], [b = 0]) => a - b);
  assert.ok(lower < upper, JSON.stringify(ranges));
});

test('ports that several ask for at one time are all different', async () => {
  const asked = await Promise.all([4, 1, 6].map((count) => freePorts(count)));
  assert.deepEqual(
    asked.map(({ length }) => length),
    [4, 1, 6],
  );
  assert.equal(new Set(asked.flat()).size, 11);
});
