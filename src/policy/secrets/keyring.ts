/**
 * The master keys and what is derived from them: keyed digests, and secrets sealed so that they can be shown again.
 * Holds no store and no file: it is handed the key file's text. RFC 5869 (HKDF), RFC 2104 (HMAC), SP 800-38D (GCM).
 */

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import { Fault } from '#core/fault.ts';
import { KEY_BYTES, type MasterKey } from '#core/key-file.ts';
import { Secret } from '#core/secret.ts';

/** What a derived key is for. Two purposes never share key bytes, so a digest of one is worth nothing to another. */
type Purpose =
  | 'app-password'
  | 'browser-session'
  | 'emailed-code'
  | 'trusted-browser'
  | 'passkey'
  | 'secret-mark'
  | 'recovery-code'
  | 'last-known'
  | 'service-token'
  | 'export'
  | 'idempotency'
  | 'seal';

/** What a sealed text belongs to: opened under another account or record id it is refused. */
interface SealBinding {
  readonly account: string;
  readonly recordId: string;
}

export interface Keyring {
  /** The key that new digests and seals are made with. */
  readonly currentId: string;
  has(keyId: string): boolean;
  /**
   * HMAC-SHA-256 (43 characters of base64url) of the fields, told apart whatever they contain.
   * Uses the current key unless told otherwise; an unknown `keyId` is KEY_INVALID.
   */
  digest(purpose: Exclude<Purpose, 'seal'>, fields: readonly string[], keyId?: string): string;
  /** AES-256-GCM of the text under the current key, as `<key id>.<base64url>`. */
  seal(text: Secret, binding: SealBinding): string;
  /** The text again. KEY_INVALID when its key is gone, the binding differs or a bit was changed. */
  open(sealed: string, binding: SealBinding): Secret;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A fresh line for the key file: a random id and 32 random bytes, without a line break. */
export function newKeyLine(): string {
  return `k${randomBytes(4).toString('hex')} ${randomBytes(KEY_BYTES).toString('base64')}`;
}

/** Makes the keyring of these keys; the first is the current one. Throws KEY_INVALID when there is none. */
export function makeKeyring(keys: readonly MasterKey[]): Keyring {
  const [current] = keys;
  if (current === undefined) throw new Fault('KEY_INVALID', 'a keyring needs at least one key');
  const derive = makeDerivation(new Map(keys.map((key) => [key.id, key.bytes])));
  return {
    currentId: current.id,
    has: (keyId) => keys.some(({ id }) => id === keyId),
    digest: (purpose, fields, keyId = current.id) =>
      createHmac('sha256', derive(keyId, purpose)).update(encode(fields)).digest('base64url'),
    seal: (text, binding) => `${current.id}.${encrypt(derive(current.id, 'seal'), text, binding)}`,
    open: (sealed, binding) => {
      const [keyId = '', body = ''] = sealed.split('.');
      return decrypt(derive(keyId, 'seal'), body, binding);
    },
  };
}

/** Derives each key once: HKDF on every login would cost more than the digest itself. */
function makeDerivation(masters: ReadonlyMap<string, Buffer>): (keyId: string, purpose: Purpose) => Buffer {
  const derived = new Map<string, Buffer>();
  return (keyId, purpose) => {
    const name = `${purpose}.${keyId}`;
    const known = derived.get(name);
    if (known !== undefined) return known;
    const master = masters.get(keyId);
    if (master === undefined) {
      throw new Fault('KEY_INVALID', 'a record needs a key that is not in the key file', { fields: { keyId } });
    }
    const key = Buffer.from(hkdfSync('sha256', master, '', `postern ${purpose} v1`, KEY_BYTES));
    derived.set(name, key);
    return key;
  };
}

// JSON keeps fields apart and writes lone surrogates as escapes, which UTF-8 would merge into one character.
function encode(fields: readonly string[]): string {
  return JSON.stringify(fields);
}

function encrypt(key: Buffer, text: Secret, binding: SealBinding): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(binding));
  const body = Buffer.concat([cipher.update(text.exposeBytes()), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Buffer, body: string, binding: SealBinding): Secret {
  const bytes = Buffer.from(body, 'base64url');
  const tagAt = bytes.length - TAG_BYTES;
  if (tagAt < NONCE_BYTES) throw new Fault('KEY_INVALID', 'a sealed secret is too short to be one');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(binding));
  decipher.setAuthTag(bytes.subarray(tagAt));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, tagAt)), decipher.final()]);
    return new Secret(text);
  } catch (cause) {
    throw new Fault('KEY_INVALID', 'a sealed secret does not belong to this record, or was changed', { cause });
  }
}

function associatedData({ account, recordId }: SealBinding): Buffer {
  return Buffer.from(encode([account, recordId]));
}
