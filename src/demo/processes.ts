/**
 * The two processes of the demo, the mail server and the gateway: starting them, knowing when they are ready, and
 * ending them. They run on the runtime that runs the demo, in process groups of their own, so that a Ctrl-C reaches
 * them in the right order: from the demo, the gateway first.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Fault } from '#core/fault.ts';
import type { DemoFiles } from './files.ts';
import type { MailPorts } from '#demo/mail/settings.ts';
import { ROOT } from './options.ts';

export interface DemoProcess {
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** Asks it to end and waits until it has. */
  stop(): Promise<void>;
}

const READY_MS = 30_000;
// More than the gateway's own drain and the time that it gives its workers beyond it.
const KILL_AFTER_MS = 15_000;

/** Starts the mail server. Resolves when it listens. */
export async function startMailServer(files: DemoFiles): Promise<DemoProcess & { readonly ports: MailPorts }> {
  const script = join(ROOT, 'src/demo/mail/main.ts');
  const child = launch([script, files.mailSettings], files.mailLog);
  const line = await lineOf(child, /^\{/, { name: 'the demo mail server', log: files.mailLog });
  const ports: MailPorts = JSON.parse(line);
  return { ...handle(child), ports };
}

/** Starts the gateway as an operator would: `postern serve`. Resolves when every listener of it is open. */
export async function startGateway(files: DemoFiles): Promise<DemoProcess> {
  const child = launch([join(ROOT, 'src/main.ts'), 'serve', '-c', files.configuration], files.log);
  await lineOf(child, /"event":"gateway\.started"/, { name: 'the gateway', log: files.log });
  return handle(child);
}

function launch(args: readonly string[], logFile: string): ChildProcess & { stdout: Readable; stderr: Readable } {
  // The gateway takes settings from variables with its name; only the file is to count here.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('POSTERN_'));
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    detached: true,
    env: Object.fromEntries(inherited),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no output to read');
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  stdout.pipe(log, { end: false });
  stderr.pipe(log, { end: false });
  return Object.assign(child, { stdout, stderr });
}

/** The first line on standard output that matches. Throws a Fault with the process's own last words when it ends. */
async function lineOf(
  child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable },
  pattern: RegExp,
  about: { readonly name: string; readonly log: string },
): Promise<string> {
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-2000)));
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      const words =
        lastWords
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/^postern: /, '') ?? '';
      reject(new Fault('NOT_ALLOWED', `${about.name} ${what}${words === '' ? '' : `: ${words}`} (see ${about.log})`));
    };
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready within ${READY_MS / 1000} s`);
    }, READY_MS);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(deadline);
      fail('did not start');
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!pattern.test(line)) return;
      clearTimeout(deadline);
      resolve(line);
    });
  });
}

function handle(child: ChildProcess): DemoProcess {
  const gone = child.exitCode !== null || child.signalCode !== null;
  const ended = gone ? Promise.resolve() : once(child, 'exit').then(() => undefined);
  const stop = async (): Promise<void> => {
    const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(killer);
  };
  return { ended, stop };
}
