/**
 * A passkey authenticator and its browser in software: keys of node:crypto, answers as `navigator.credentials` gives
 * them in JSON. What a test wants wrong can be set. WebAuthn §6.1 (authenticator data), §6.5.1 (attestation "none"),
 * RFC 8152 §13 (COSE keys), RFC 8949 (CBOR, the little of it that is needed).
 */

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

interface Answering {
  readonly challenge: string;
  readonly origin?: string;
  readonly rpId?: string;
  /** `webauthn.create` and `webauthn.get` where nothing else is wanted. */
  readonly type?: string;
  /** User present; default true. */
  readonly present?: boolean;
  /** The signature count to claim. */
  readonly counter?: number;
}

export interface SoftwareAuthenticator {
  readonly id: string;
  /** The answer to create(). */
  register(asked: Answering): object;
  /** The answer to get(); counts up by itself unless told otherwise. */
  prove(asked: Answering): object;
}

export const SITE = { rpId: 'mail.example.org', origin: 'https://mail.example.org', name: 'Example Mail' } as const;

const USER_PRESENT = 0x01;
const ATTESTED_CREDENTIAL = 0x40;

/** Makes one with one credential. `counts: false`: one that does not count its signatures. */
export function softwareAuthenticator({ counts = true }: { readonly counts?: boolean } = {}): SoftwareAuthenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(32);
  const id = credentialId.toString('base64url');
  let counter = 0;
  const next = (asked: Answering): number => {
    if (counts) counter = asked.counter ?? counter + 1;
    return asked.counter ?? counter;
  };
  return {
    id,
    register(asked) {
      const clientData = clientDataOf(asked, 'webauthn.create');
      const attested = Buffer.concat([Buffer.alloc(16), lengthOf(credentialId), credentialId, coseKey(publicKey)]);
      const data = authenticatorData(asked, next(asked), attested);
      const attestation = cborMap([
        [cborText('fmt'), cborText('none')],
        [cborText('attStmt'), cborMap([])],
        [cborText('authData'), cborBytes(data)],
      ]);
      const response = {
        clientDataJSON: text(clientData),
        attestationObject: text(attestation),
        transports: ['internal'],
      };
      return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
    },
    prove(asked) {
      const clientData = clientDataOf(asked, 'webauthn.get');
      const data = authenticatorData(asked, next(asked));
      const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), privateKey);
      const response = {
        clientDataJSON: text(clientData),
        authenticatorData: text(data),
        signature: text(signature),
        userHandle: null,
      };
      return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} };
    },
  };
}

function clientDataOf({ challenge, origin = SITE.origin, type }: Answering, usual: string): Buffer {
  return Buffer.from(JSON.stringify({ type: type ?? usual, challenge, origin, crossOrigin: false }));
}

function authenticatorData(asked: Answering, counter: number, attested?: Buffer): Buffer {
  const { rpId = SITE.rpId, present = true } = asked;
  const flags = (present ? USER_PRESENT : 0) | (attested === undefined ? 0 : ATTESTED_CREDENTIAL);
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(counter, 1);
  return Buffer.concat([sha256(Buffer.from(rpId)), head, attested ?? Buffer.alloc(0)]);
}

// kty 2 (EC2), alg -7 (ES256), crv 1 (P-256), x and y.
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return cborMap([
    [cborInteger(1), cborInteger(2)],
    [cborInteger(3), cborInteger(-7)],
    [cborInteger(-1), cborInteger(1)],
    [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
    [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
  ]);
}

function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  return value < 256
    ? Buffer.from([(major << 5) | 24, value])
    : Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}

function cborInteger(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([cborHead(2, bytes.length), bytes]);
}

function cborText(value: string): Buffer {
  return Buffer.concat([cborHead(3, value.length), Buffer.from(value)]);
}

function cborMap(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return length;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url');
}
