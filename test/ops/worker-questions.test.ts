import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { askWorkers } from '#ops/worker-questions.ts';

const WORKER = fileURLToPath(new URL('../support/answering-worker.ts', import.meta.url));
const SOON_MS = 200;
const LONG_MS = 30_000;
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

async function worker(manner: 'answers' | 'silent' | 'exits' | 'fails'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [WORKER, manner], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  children.push(child);
  await once(child, 'message');
  return child;
}

test('every worker is asked, and each answer goes with its worker', async () => {
  const [first, second] = [await worker('answers'), await worker('answers')];
  const asked = [
    { index: 0, child: first },
    { index: 1, child: second },
  ];
  assert.deepEqual(await askWorkers(asked, 'metrics', LONG_MS), [
    { worker: 0, answer: { pid: first.pid } },
    { worker: 1, answer: { pid: second.pid } },
  ]);
  const both = await Promise.all([askWorkers(asked, 'health', LONG_MS), askWorkers(asked, 'metrics', LONG_MS)]);
  assert.deepEqual(
    both[0].map(({ answer }) => answer),
    [[], []],
  );
  assert.deepEqual(
    both[1].map(({ answer }) => answer),
    [{ pid: first.pid }, { pid: second.pid }],
  );
  assert.equal(first.listenerCount('message'), 0);
});

test('a worker that says nothing costs a bounded wait', async () => {
  const asked = [
    { index: 0, child: await worker('silent') },
    { index: 1, child: await worker('answers') },
  ];
  const answers = await askWorkers(asked, 'health', SOON_MS);
  assert.deepEqual(answers, [
    { worker: 0, answer: undefined },
    { worker: 1, answer: [] },
  ]);
});

test('a worker that ends while it is asked, or that fails to answer, has no answer', async () => {
  const ending = { index: 0, child: await worker('exits') };
  assert.deepEqual(await askWorkers([ending], 'health', LONG_MS), [{ worker: 0, answer: undefined }]);
  const failing = { index: 1, child: await worker('fails') };
  assert.deepEqual(await askWorkers([failing], 'health', SOON_MS), [{ worker: 1, answer: undefined }]);
});

test('a worker that is gone is not waited for', async () => {
  const child = await worker('answers');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  assert.deepEqual(await askWorkers([{ index: 0, child }], 'metrics', LONG_MS), [{ worker: 0, answer: undefined }]);
});
