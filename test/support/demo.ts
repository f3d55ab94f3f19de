/** The demo as a person runs it: its own process group, so that a test can press Ctrl-C as a terminal does. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Guide } from '#demo/guide.ts';
import { demoListeners } from '#demo/ports.ts';
import { eventually } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/demo/main.ts');
const START_DEADLINE_MS = 60_000;

/** Ended at the end of the block that made it, should it still run then. */
export interface Demo extends AsyncDisposable {
  stdout(): string;
  stderr(): string;
  /** Resolves once this stands in the output; rejects when the demo ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** What a terminal does on Ctrl-C: SIGINT to every process of the group. */
  ctrlC(): void;
  readonly ended: Promise<number | string>;
}

/** Runs src/demo/main.ts on the runtime of the test. */
export function runDemo(...args: readonly string[]): Demo {
  return launch(process.execPath, [MAIN, ...args]);
}

/** Runs `npm start` with these arguments, silent but for what the demo says. */
export function npmStart(...args: readonly string[]): Demo {
  return launch('npm', ['start', '--silent', '--', ...args]);
}

/** The one line of JSON that `--json` prints. */
export async function guideOf(demo: Demo): Promise<Guide> {
  const [line] = await demo.says(/^\{.*\}$/m);
  return JSON.parse(line);
}

/** A number that leaves every port of the demo free when it is added. */
export function freePortBase(): Promise<string> {
  return eventually('free ports for the demo', async () => {
    // Below the ports that other tests choose from: a base is used several times, with pauses in between.
    const base = randomInt(10_000, 18_900);
    const free = await Promise.all(demoListeners(base).map(({ port }) => isFree(port)));
    return free.every((one) => one) && `${base}`;
  });
}

/** The ids of the processes whose command line contains this text, ended ones left out. */
export function processesWith(text: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(text));
}

function launch(command: string, args: readonly string[]): Demo {
  const child = spawn(command, args, { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (heard.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (heard.stderr += chunk.toString()));
  let over = false;
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const leave = (): void => void process.kill(-pid, 'SIGTERM');
  process.once('exit', leave);
  void ended.then(() => process.removeListener('exit', leave));
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    eventually(
      `the demo says ${pattern}`,
      () => {
        const found = pattern.exec(heard.stdout);
        if (found === null && over) throw new Error(`the demo ended:\n${heard.stdout}${heard.stderr}`);
        return found ?? undefined;
      },
      START_DEADLINE_MS,
    );
  const ctrlC = (): void => void process.kill(-pid, 'SIGINT');
  const dispose = async (): Promise<void> => {
    if (!over) ctrlC();
    await ended;
  };
  return {
    stdout: () => heard.stdout,
    stderr: () => heard.stderr,
    says,
    ctrlC,
    ended,
    [Symbol.asyncDispose]: dispose,
  };
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended since
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
