/**
 * A fresh Debian with Dovecot and Postfix and without Node, made once by scripts/packages.mjs. Each test has its own view
 * of it: what it writes is in memory and gone at the end, and nothing is left behind even when the test is killed. Only
 * root can open one.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childrenOf, eventually, run, start, type Finished, type Running } from './processes.ts';

const ENTER = 'nsenter';
const ROOT = join(import.meta.dirname, '../../node_modules/.cache/debian/root');

// $1 is the root, $2 a name, the rest is what to run in front of it.
const OWN_VIEW = `
  set -e
  mount -t tmpfs -o mode=755 tmpfs /mnt
  mkdir /mnt/written /mnt/work /mnt/root
  mount -t overlay -o "lowerdir=$1,upperdir=/mnt/written,workdir=/mnt/work" overlay /mnt/root
  shift
  exec "$@"
`;

// Without a boot: a process namespace whose first process does nothing.
const IDLE = `
  for place in proc sys dev; do mount --rbind /$place /mnt/root/$place; done
  mount -t proc proc /mnt/root/proc
  exec chroot /mnt/root sleep infinity
`;

/** A Debian that is open. */
export interface DebianRoot {
  /** Its files, as they are seen from outside. */
  readonly path: string;
  /** Its first process: `nsenter -t <pid> --net` is where its loopback addresses are. */
  readonly pid: number;
  /** Runs a program in it to its end; `input` is its standard input. */
  run(command: readonly string[], options?: EnterOptions & { readonly input?: string }): Promise<Finished>;
  /** Starts a program in it that keeps running. */
  start(command: readonly string[], options?: EnterOptions): Running;
  /** Starts a program in it that is talked to. */
  spawn(command: readonly string[]): ChildProcessWithoutNullStreams;
  /** Ends everything in it; what was written is gone. */
  stop(): Promise<void>;
}

interface EnterOptions {
  /** A user of the root, instead of root. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

/** Opens one in which nothing runs, with the network of the test. */
export async function openDebianRoot(): Promise<DebianRoot> {
  // unshare does not hear SIGTERM while it waits.
  const ownMounts = ['--pdeathsig', 'KILL', 'unshare', '--mount', ...view()];
  const idle = start('setpriv', [...ownMounts, 'unshare', '--pid', '--fork', '--kill-child', 'sh', '-ec', IDLE]);
  const pid = await firstProcess(idle, 'sleep');
  return debianRoot(pid, ['--mount', '--pid', '--root', '--wd'], async () => {
    if (existsSync(`/proc/${idle.pid}`)) process.kill(pid, 'SIGKILL');
    await idle.ended();
  });
}

/** Boots one with systemd, in a network of its own: the services of its packages run as on a server. */
export async function bootDebianRoot(): Promise<DebianRoot> {
  const groups = controlGroups(`postern-test-${process.pid}-${(booted += 1)}`);
  for (const group of groups) mkdirSync(group);
  const enter = 'for group; do echo $$ > "$group/cgroup.procs"; done; exec systemd-nspawn $OPTIONS';
  const env = { OPTIONS: NSPAWN };
  const nspawn = start('unshare', ['--mount', ...view(), 'sh', '-ec', enter, 'sh', ...groups], { env });
  const pid = await firstProcess(nspawn, 'systemd');
  const root = debianRoot(pid, ['--all', '--root', '--wd'], async () => {
    await nspawn.stop();
    for (const group of groups.filter((place) => existsSync(place)))
      await run('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
  });
  await eventually('systemd has started everything', async () => {
    const { stdout } = await root.run(['systemctl', 'is-system-running']);
    return /^(running|degraded)$/m.test(stdout);
  });
  return root;
}

const NSPAWN = [
  '--directory=/mnt/root --boot --quiet --console=pipe',
  '--register=no --keep-unit --private-network --link-journal=no --resolv-conf=off --timezone=off',
].join(' ');

let booted = 0;

function view(): readonly string[] {
  if (!existsSync(ROOT)) throw new Error(`${ROOT} is missing: npm test makes it as root before the first test`);
  return ['sh', '-c', OWN_VIEW, 'sh', ROOT];
}

// One for each boot, in every hierarchy that systemd manages: two of them must not meet in one.
function controlGroups(name: string): readonly string[] {
  const places = ['', 'unified', 'systemd'].map((place) => join('/sys/fs/cgroup', place));
  return places.filter((place) => existsSync(join(place, 'cgroup.procs'))).map((place) => join(place, name));
}

// The one that all others descend from, seen from outside; it exists before it is what it becomes.
function firstProcess(running: Running, name: string): Promise<number> {
  return eventually(`${name} runs in the root`, async () => {
    const over = await Promise.race([running.ended(), Promise.resolve('running')]);
    if (over !== 'running') throw new Error(`ended with ${over}: ${running.output()}`);
    const [pid] = childrenOf(running.pid);
    if (pid === undefined) return undefined;
    const { stdout } = await run('cat', [`/proc/${pid}/comm`]);
    return stdout.trim() === name ? pid : undefined;
  });
}

function debianRoot(pid: number, namespaces: readonly string[], stop: () => Promise<void>): DebianRoot {
  const entered = (command: readonly string[], { user }: EnterOptions): readonly string[] => {
    const become = user === undefined ? [] : ['runuser', '-u', user, '--'];
    return ['-t', `${pid}`, ...namespaces, '--', 'env', '-i', `PATH=${PATH}`, 'HOME=/root', ...become, ...command];
  };
  const withEnv = (command: readonly string[], { env = {} }: EnterOptions): readonly string[] => [
    'env',
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...command,
  ];
  return {
    path: `/proc/${pid}/root`,
    pid,
    run: (command, options = {}) => run(ENTER, entered(withEnv(command, options), options), options),
    start: (command, options = {}) => start(ENTER, entered(withEnv(command, options), options)),
    spawn: (command) => spawn(ENTER, entered(command, {})),
    stop,
  };
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
