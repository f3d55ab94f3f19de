/**
 * Starts real programs for tests: their output is kept, every wait asks again until its deadline, and nothing
 * outlives the test that started it. Knows no program by name.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How often a wait asks again; a wait ends with the first yes, so this costs nothing but a few wake-ups. */
const ASK_AGAIN_MS = 10;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;

// Files that run at one time have ports of their own: between the choice of a port and the start of its server anybody
// could take it, and a server whose port answers looks started.
const PORTS = portRange(process.env['TEST_PORTS'] ?? '20000-31999');
let nextPort = randomInt(PORTS.first, PORTS.last);

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /** Run as this user and its group instead of our own; only root can. */
  readonly as?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A running program and all it has said so far. */
export interface Running {
  readonly pid: number;
  /** Standard output and standard error as they came. */
  output(): string;
  /** Resolves with the first line (of all so far, and to come) that matches; rejects at the deadline or its end. */
  line(pattern: RegExp, deadlineMs?: number): Promise<string>;
  /** Resolves when it has ended by itself, with its exit code or the signal's name. */
  ended(): Promise<number | string>;
  signal(name: NodeJS.Signals): void;
  /** Asks it to end and waits; past the deadline it is killed, and that is an error. */
  stop(): Promise<number | string>;
}

export interface Finished {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program that keeps running. It is told to end should this process die first. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Running {
  const child = spawn('setpriv', [...privileges(options), '--pdeathsig', 'TERM', command, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that none of its children can be left behind
  });
  const heard: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => heard.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => heard.push(chunk));
  const output = (): string => Buffer.concat(heard).toString();
  const end = ending(child);
  let over: number | string | undefined;
  void end.then((code) => (over = code));
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  const name = `${command} (${child.pid})`;
  return {
    pid: child.pid,
    output,
    line: (pattern, deadlineMs = START_DEADLINE_MS) =>
      eventually(
        `${name} says ${pattern}`,
        () => {
          const found = output()
            .split('\n')
            .find((line) => pattern.test(line));
          if (found === undefined && over !== undefined) throw new Error(`${name} ended (${over}):\n${output()}`);
          return found;
        },
        deadlineMs,
      ),
    ended: () => end,
    signal: (signal) => void child.kill(signal),
    stop: () => stopped(child, end, name),
  };
}

/** Runs a program to its end, gives it `input`, and returns what it said. Killed at the deadline. */
export async function run(
  command: string,
  args: readonly string[],
  options: StartOptions & { readonly input?: string | Buffer; readonly deadlineMs?: number } = {},
): Promise<Finished> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined); // a program may end without reading its input
  child.stdin.end(options.input ?? '');
  const deadline = setTimeout(() => child.kill('SIGKILL'), options.deadlineMs ?? 60_000);
  const code = await ending(child);
  clearTimeout(deadline);
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Like run(), for a program that must succeed: returns its standard output. */
export async function runOk(command: string, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { input });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Asks until the answer is neither undefined nor false, and returns it; rejects at the deadline. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = START_DEADLINE_MS,
): Promise<T> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > until) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(ASK_AGAIN_MS);
  }
}

/** The processes that this one has started and that still run. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && parentOf(other) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined; // it has just ended
  }
}

/** Resolves when something accepts connections on this loopback port. */
export async function listening(port: number, running: Running): Promise<void> {
  let over: number | string | undefined;
  void running.ended().then((code) => (over = code));
  await eventually(`port ${port} accepts connections`, async () => {
    if (over !== undefined) throw new Error(`ended (${over}) before port ${port} was open:\n${running.output()}`);
    return accepts(port);
  });
}

/** Whether a loopback port accepts connections now. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/**
 * Free loopback ports, all different: none of them comes again before all others have been given. They lie below those
 * that the kernel gives to outgoing connections, so that a server that was stopped finds its port free again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  while (found.length < count) {
    nextPort = nextPort < PORTS.last ? nextPort + 1 : PORTS.first;
    const port = nextPort; // while it is looked at, others take the next ones
    if (await isFree(port)) found.push(port);
  }
  return found;
}

/** A directory that everybody may enter (servers change user); remove() takes it away with all that is in it. */
export async function temporaryDirectory(name: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `postern-${name}-`));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

function privileges({ as }: StartOptions): readonly string[] {
  return as === undefined ? [] : ['--reuid', `${as.uid}`, '--regid', `${as.gid}`, '--clear-groups'];
}

function ending(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}

async function stopped(child: ChildProcess, end: Promise<number | string>, name: string): Promise<number | string> {
  const over = child.exitCode !== null || child.signalCode !== null;
  const gone = over ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    killGroup(child);
  }, STOP_DEADLINE_MS);
  await gone;
  killGroup(child); // Dovecot's auth process, for one, stays for as long as a Postfix is connected to it
  const code = await end;
  clearTimeout(deadline);
  if (late) throw new Error(`${name} did not end within ${STOP_DEADLINE_MS} ms of SIGTERM`);
  return code;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // all of it has ended
  }
}

function portRange(text: string): { readonly first: number; readonly last: number } {
  const [first = NaN, last = NaN] = text.split('-').map(Number);
  if (!(first < last)) throw new Error(`TEST_PORTS is ${text}, not first-last`);
  return { first, last };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
