/** New files that only their owner can read, written line by line. An existing file is never touched. */

import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { Fault } from '#core/fault.ts';

export interface PrivateFile {
  /** Adds a line. NOT_ALLOWED when it cannot be written: the disk is full. */
  add(line: string): void;
  /** Makes sure that it is on the disk, and ends it. */
  close(): void;
  /** Ends it and takes it away again. */
  discard(): void;
}

const OWNER_ONLY = 0o600;

/** Makes the file. USAGE when there is one of this name already, or it cannot be made. */
export function makePrivateFile(path: string): PrivateFile {
  const handle = guarded('USAGE', path, () => openSync(path, 'wx', OWNER_ONLY));
  return {
    add: (line) => guarded('NOT_ALLOWED', path, () => void writeSync(handle, `${line}\n`)),
    close: () => {
      guarded('NOT_ALLOWED', path, () => fsyncSync(handle));
      closeSync(handle);
    },
    discard: () => {
      closeSync(handle);
      unlinkSync(path);
    },
  };
}

function guarded<T>(code: 'USAGE' | 'NOT_ALLOWED', path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = cause instanceof Error ? cause.message : String(cause);
    const words = exists ? `${path} is there already: name a new file` : `${path} cannot be written: ${why}`;
    throw new Fault(code, words, { cause });
  }
}
