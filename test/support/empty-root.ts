/**
 * A root folder with the C library and nothing else: no shell, no runtime, no packages. What runs in it sees /proc, /dev
 * and what the test puts there. Only root can enter one.
 */

import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, runOk, start, temporaryDirectory, type Finished, type Running } from './processes.ts';
import { serviceUser } from './service-user.ts';

export interface EmptyRoot {
  /** Where a file of it is, seen from outside. */
  inside(file: string): string;
  /** Gives a file or folder of it to the user that programs run as. */
  give(file: string): Promise<void>;
  /** Runs a program in it to its end, as an unprivileged user. */
  run(command: readonly string[]): Promise<Finished>;
  /** Starts one that keeps running. */
  start(command: readonly string[]): Running;
  remove(): Promise<void>;
}

// $1 is the root, $2 the user, the rest is what runs in it.
const ENTER = `
  for place in proc dev; do mount --rbind /$place "$1/$place"; done
  root=$1 user=$2
  shift 2
  exec chroot --userspec="$user" "$root" "$@"
`;

/** Makes one with what this program is linked to. */
export async function makeEmptyRoot(program: string): Promise<EmptyRoot> {
  const directory = await temporaryDirectory('root');
  const inside = (file: string): string => join(directory.path, file);
  for (const folder of ['proc', 'dev', 'tmp']) await mkdir(inside(folder));
  await chmod(inside('tmp'), 0o1777);
  for (const [library] of (await runOk('ldd', [program])).matchAll(/\/\S+/g)) {
    await mkdir(dirname(inside(library)), { recursive: true });
    await copyFile(library, inside(library));
    await chmod(inside(library), 0o755);
  }
  const { uid, gid } = await serviceUser();
  const enter = ['--mount', 'sh', '-ec', ENTER, 'sh', directory.path, `${uid}:${gid}`];
  // The environment of the test names files that are not there.
  const command = (words: readonly string[]): readonly string[] => [
    '-i',
    'PATH=/usr/bin:/bin:/usr/sbin',
    'unshare',
    ...enter,
    ...words,
  ];
  return {
    inside,
    give: async (file) => void (await runOk('chown', ['-R', `${uid}:${gid}`, inside(file)])),
    run: (words) => run('env', command(words)),
    start: (words) => start('env', command(words)),
    remove: () => directory.remove(),
  };
}
