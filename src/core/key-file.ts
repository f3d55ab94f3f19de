/**
 * The file of master keys, as text: what its lines are. It opens no file; what the keys do is
 * policy/secrets/keyring.ts.
 */

import { Fault } from './fault.ts';

/** One line of the key file. */
export interface MasterKey {
  readonly id: string;
  readonly bytes: Buffer;
}

export const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads a key file: a line per key, `id base64(32 bytes)`, the first one current, `#` starts a comment.
 * Throws KEY_INVALID with the line's number; the message never quotes the line.
 */
export function parseKeyFile(text: string): readonly MasterKey[] {
  const keys: MasterKey[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const key = parseKeyLine(content, index + 1);
    if (keys.some(({ id }) => id === key.id)) throw invalidLine(index + 1, `repeats the key id "${key.id}"`);
    keys.push(key);
  }
  if (keys.length === 0) throw new Fault('KEY_INVALID', 'the key file holds no key');
  return keys;
}

function parseKeyLine(content: string, line: number): MasterKey {
  const [id = '', encoded = '', ...more] = content.split(/\s+/);
  if (more.length > 0 || encoded === '') throw invalidLine(line, 'is not of the form "id base64"');
  if (!KEY_ID.test(id)) throw invalidLine(line, 'has a key id that is not 1 to 32 letters, digits, "-" or "_"');
  const bytes = Buffer.from(encoded, 'base64');
  // Buffer.from skips what is not base64, so only a round trip shows that all of the text was meant.
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== encoded) {
    throw invalidLine(line, `has a key that is not ${KEY_BYTES} bytes in base64`);
  }
  return { id, bytes };
}

function invalidLine(line: number, what: string): Fault {
  return new Fault('KEY_INVALID', `line ${line} of the key file ${what}`, { fields: { line } });
}
