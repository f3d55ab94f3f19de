/** Workers that do not start, or start no more, under a supervisor: real processes with an IPC channel. */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { Supervisor } from '#supervisor/supervisor.ts';
import { memoryLog } from '#ops/log.ts';
import { eventually } from '../support/processes.ts';

const READY = "process.send({ kind: 'ready' }); setInterval(() => {}, 1000);";
const NEVER_READY = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";

function supervisorOf(
  programs: readonly string[],
  { workers, readyWithinMs }: { readonly workers: number; readonly readyWithinMs: number },
) {
  const children: ChildProcess[] = [];
  const log = memoryLog();
  const spawnNext = (): ChildProcess => {
    const program = programs[children.length] ?? READY;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(child);
    return child;
  };
  const supervisor = new Supervisor({ workers, spawn: spawnNext, log, killAfterMs: 200, readyWithinMs });
  return { supervisor, children, log };
}

function alive(children: readonly ChildProcess[]): readonly ChildProcess[] {
  return children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
}

const UNABLE = [
  ['never gets ready', NEVER_READY, 500, /^a worker was not ready within 0\.5 s of its start$/],
  ['is killed', "process.kill(process.pid, 'SIGKILL');", 60_000, /^a worker ended by SIGKILL before it was ready$/],
  ['ends', 'process.exit(7);', 60_000, /^a worker ended with code 7 before it was ready$/],
  ['says why it cannot', "process.send({ kind: 'failed', code: 'KEY_INVALID', message: 'no' });", 60_000, /^no$/],
] as const;
for (const [what, program, readyWithinMs, message] of UNABLE) {
  test(`a start fails with every worker ended when one ${what}`, { timeout: 60_000 }, async () => {
    const { supervisor, children } = supervisorOf([READY, program], { workers: 2, readyWithinMs });
    await assert.rejects(supervisor.start(), { message });
    assert.equal(children.length, 2);
    assert.deepEqual(alive(children), []);
  });
}

test('a replacement that does not start is tried again, and the others go on', { timeout: 60_000 }, async () => {
  const failed = "process.send({ kind: 'failed', message: 'a broken file' });";
  const programs = [READY, READY, NEVER_READY, `${failed} setInterval(() => {}, 1000);`];
  const { supervisor, children, log } = supervisorOf(programs, { workers: 2, readyWithinMs: 2_000 });
  await supervisor.start();
  children[0]?.kill('SIGKILL');
  await eventually('the third replacement runs', () => children.length === 5);
  const reasons = log.entries.filter(({ event }) => event === 'worker.start-failed').map(({ error }) => String(error));
  assert.equal(reasons.length, 2);
  assert.match(reasons[0] ?? '', /was not ready within 2 s/);
  assert.match(reasons[1] ?? '', /a broken file/);
  assert.deepEqual([children[1]?.exitCode, children[1]?.signalCode], [null, null]);
  await supervisor.stop();
  assert.deepEqual(alive(children), []);
});

test('told to stop while it starts, it ends the workers and is no fault', { timeout: 60_000 }, async () => {
  const { supervisor, children } = supervisorOf([READY, NEVER_READY], { workers: 2, readyWithinMs: 60_000 });
  const starting = supervisor.start();
  await supervisor.stop();
  await starting;
  assert.deepEqual(alive(children), []);
});
