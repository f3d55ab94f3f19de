/** `postern key new`: makes the file of master keys, or puts a new key in front of those in it. */

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { loadSettings } from '#config/load.ts';
import { Fault } from '#core/fault.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { newKeyLine } from '#policy/secrets/keyring.ts';
import { addCommand, configFile, confirm, reporter, withYes, type Cli, type YesOption } from './cli.ts';
import { counted } from './layout.ts';

const OWNER_ONLY = 0o600;
const GROUP_READS = 0o640;
const HEAD = '# Master keys of Postern. The first is used for what is new, the others for what was made with them.\n';

interface NewOptions extends YesOption {
  readonly print?: true;
}

/** Adds the command to the program. */
export function addKeyCommands(program: Command, cli: Cli): void {
  const key = addCommand(program, 'key', {
    description: 'The master keys, by which app passwords and factors are sealed.\nThey are never in the store.',
    examples: ['key new'],
  });
  withYes(
    addCommand(key, 'new', {
      description: [
        'Make the file of master keys that the configuration names, readable by its owner only.',
        'Where there is one, a new key is put in front: it is used for what is new after a restart of every gateway, and',
        'the earlier keys stay for what was made with them. Give every gateway the same file.',
      ].join('\n'),
      examples: ['key new', 'key new --print'],
    }),
  )
    .option('--print', 'only print a line for the file, e.g. for a secret store')
    .action((options: NewOptions, command: Command) => makeKey(cli, command, options));
}

async function makeKey(cli: Cli, command: Command, options: NewOptions): Promise<void> {
  const report = reporter(cli, command);
  const line = newKeyLine();
  if (options.print === true) {
    report({ line }, () => line);
    return;
  }
  const source = { file: configFile(cli, command), environment: cli.environment, now: cli.clock() };
  const { keysFile: file } = loadSettings({ ...source, files: 'none' }).settings;
  const present = lookupKeys(file);
  if (present !== undefined) {
    const count = counted(parseKeyFile(present).length, 'key');
    await confirm(cli, options, `${file} holds ${count}. Put a new one in front?`);
  }
  replaceFile(file, present === undefined ? `${HEAD}${line}\n` : withKeyInFront(present, line));
  const id = line.split(' ')[0] ?? '';
  report({ file, id, created: present === undefined }, () =>
    present === undefined
      ? `made ${file} with the key ${id}. ${ownerHint(file)}Keep a copy of it apart from the store.`
      : `${file} now begins with the key ${id}. Restart every gateway that uses it.`,
  );
}

function ownerHint(file: string): string {
  const { uid, gid } = statSync(file);
  return uid === 0 && gid === 0 ? 'It belongs to root: give it to the user that runs the gateway (chown). ' : '';
}

function lookupKeys(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Fault('KEY_INVALID', `${file} cannot be read by this user`, { cause });
  }
}

// Behind the comment at the head, before the first key.
function withKeyInFront(text: string, line: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((one) => one.trim() !== '' && !one.trim().startsWith('#'));
  return lines.toSpliced(first, 0, line).join('\n');
}

// What root makes in the group's folder is for that group, the gateway's, to read.
function giveToGroupOf(folder: string, handle: number): void {
  const { gid } = statSync(folder);
  if (gid === 0) return;
  fchownSync(handle, 0, gid);
  fchmodSync(handle, GROUP_READS);
}

// Written beside it and renamed, so that no crash leaves half a file: without the keys the store is lost.
function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  try {
    const present = statSync(file, { throwIfNoEntry: false });
    const handle = openSync(fresh, 'wx', present?.mode ?? OWNER_ONLY);
    try {
      // The gateway's own user keeps it, whoever runs this.
      if (present !== undefined) fchownSync(handle, present.uid, present.gid);
      else if (process.getuid?.() === 0) giveToGroupOf(dirname(file), handle);
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('KEY_INVALID', `${file} cannot be written: ${why}`, { cause });
  }
}
