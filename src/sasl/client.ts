/** The client's side of SASL, for our logins at a backend: PLAIN (RFC 4616) and LOGIN. Answers are base64. */

import { Fault } from '../core/fault.ts';
import type { Secret } from '../core/secret.ts';
import { encodeBase64 } from '../wire/base64.ts';

/** Who logs in, and as whom when it is somebody else (RFC 4616 §2). */
export interface PlainLogin {
  readonly authzid?: string | undefined;
  readonly authcid: string;
  readonly password: Secret;
}

/** The one message of PLAIN. Throws CLIENT_INVALID when a part holds a NUL, which would shift the fields. */
export function plainMessage(login: PlainLogin): string {
  const fields = [login.authzid ?? '', login.authcid, login.password.expose()];
  fields.forEach(refuseNul);
  return encodeBase64(fields.join('\0'));
}

/** The two answers of LOGIN: to the first challenge and to the second, whatever they say. Throws as plainMessage. */
export function loginResponses(authcid: string, password: Secret): readonly [name: string, password: string] {
  refuseNul(authcid);
  refuseNul(password.expose());
  return [encodeBase64(authcid), encodeBase64(password.expose())];
}

function refuseNul(field: string): void {
  if (field.includes('\0')) throw new Fault('CLIENT_INVALID', 'a name or password with a NUL cannot be sent');
}
