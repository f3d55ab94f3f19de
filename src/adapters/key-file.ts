/** Reads the file of master keys. The only place that opens it; what the keys do is policy/secrets/keyring.ts. */

import { readFileSync } from 'node:fs';
import { Fault } from '#core/fault.ts';
import { parseKeyFile } from '#core/key-file.ts';
import { makeKeyring, type Keyring } from '#policy/secrets/keyring.ts';

/** The keyring of a key file. Throws KEY_INVALID, saying what to do, when it cannot be read or holds no usable key. */
export function readKeyring(file: string): Keyring {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const why = missing
      ? 'there are no master keys yet: make them with `postern key new`'
      : 'it cannot be read by this user';
    throw new Fault('KEY_INVALID', `${file}: ${why}`, { cause });
  }
  return makeKeyring(parseKeyFile(text));
}
