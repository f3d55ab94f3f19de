/** The client's side of SASL, for our logins at a backend: PLAIN (RFC 4616) and LOGIN. Answers are base64. */

import { Fault } from '#core/fault.ts';
import type { Secret } from '#core/secret.ts';
import { encodeBase64 } from '#wire/base64.ts';

/** Who logs in, and as whom when it is somebody else (RFC 4616 §2). */
export interface PlainLogin {
  readonly authzid?: string | undefined;
  readonly authcid: string;
  readonly password: Secret;
}

const NUL = Buffer.alloc(1);

/** The one message of PLAIN. Throws CLIENT_INVALID when a part holds a NUL, which would shift the fields. */
export function plainMessage(login: PlainLogin): string {
  const [authzid, authcid] = [Buffer.from(login.authzid ?? ''), Buffer.from(login.authcid)];
  const password = login.password.exposeBytes();
  [authzid, authcid, password].forEach(refuseNul);
  return encodeBase64(Buffer.concat([authzid, NUL, authcid, NUL, password]));
}

/** The two answers of LOGIN: to the first challenge and to the second, whatever they say. Throws as plainMessage. */
export function loginResponses(authcid: string, password: Secret): readonly [name: string, password: string] {
  refuseNul(Buffer.from(authcid));
  refuseNul(password.exposeBytes());
  return [encodeBase64(authcid), encodeBase64(password.exposeBytes())];
}

function refuseNul(field: Uint8Array): void {
  if (field.includes(0)) throw new Fault('CLIENT_INVALID', 'a name or password with a NUL cannot be sent');
}
