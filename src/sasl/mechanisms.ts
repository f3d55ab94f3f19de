/**
 * The SASL mechanisms, one row each. A row says what comes next, given what the client has answered so far:
 * a challenge, a claim, or that the answers make no sense. It knows no base64 and no protocol.
 * PLAIN: RFC 4616. LOGIN: draft-murchison-sasl-login. OAUTHBEARER: RFC 7628. XOAUTH2: Google's predecessor of it.
 */

import { nameSendable } from '#core/credentials.ts';
import { Secret } from '#core/secret.ts';
import type { Offered } from '#core/verdict.ts';
import { decodeUtf8 } from '#wire/utf8.ts';

export interface Claim {
  readonly authcid: string;
  readonly authzid: string | undefined;
  readonly offered: Offered;
}

type MechanismStep =
  | { readonly kind: 'challenge'; readonly text: string }
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'malformed' };

export interface Mechanism {
  /** `responses` are the client's answers so far, decoded from base64; the initial response is the first. */
  readonly step: (responses: readonly Uint8Array[]) => MechanismStep;
  /** What a refused client is told, and must answer, before it hears the refusal (RFC 7628 §3.2.3). */
  readonly refusal?: string;
}

/** Every mechanism we speak, by its registered name. */
export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map<string, Mechanism>([
  ['PLAIN', { step: plain }],
  ['LOGIN', { step: login }],
  ['OAUTHBEARER', { step: oneMessage(parseOauthBearer), refusal: '{"status":"invalid_token"}' }],
  ['XOAUTH2', { step: oneMessage(parseXoauth2), refusal: '{"status":"401","schemes":"bearer"}' }],
]);

const MALFORMED: MechanismStep = { kind: 'malformed' };

// Client first: with no initial response the server's challenge is empty (RFC 4422 §5).
function oneMessage(parse: (message: string) => Claim | undefined): Mechanism['step'] {
  return ([response]) => {
    if (response === undefined) return { kind: 'challenge', text: '' };
    const message = decodeUtf8(response);
    const claim = message === undefined ? undefined : parse(message);
    return claim === undefined ? MALFORMED : { kind: 'claim', claim };
  };
}

function plain([response]: readonly Uint8Array[]): MechanismStep {
  if (response === undefined) return { kind: 'challenge', text: '' };
  const claim = parsePlain(response);
  return claim === undefined ? MALFORMED : { kind: 'claim', claim };
}

// Outlook wants exactly these two prompts, colon included and no NUL behind it.
function login([name, password]: readonly Uint8Array[]): MechanismStep {
  if (name === undefined) return { kind: 'challenge', text: 'Username:' };
  const authcid = decodeUtf8(name);
  if (authcid === undefined || !nameSendable(authcid)) return MALFORMED;
  if (password === undefined) return { kind: 'challenge', text: 'Password:' };
  const claim = passwordClaim(authcid, undefined, password);
  return claim === undefined ? MALFORMED : { kind: 'claim', claim };
}

// RFC 4616 §2: [authzid] NUL authcid NUL passwd. Names are UTF-8; the password is octets.
function parsePlain(message: Uint8Array): Claim | undefined {
  const first = message.indexOf(0);
  const second = message.indexOf(0, first + 1);
  if (first < 0 || second < 0) return undefined;
  const authzid = decodeUtf8(message.subarray(0, first));
  const authcid = decodeUtf8(message.subarray(first + 1, second));
  if (authzid === undefined || authcid === undefined) return undefined;
  return passwordClaim(authcid, authzid, message.subarray(second + 1));
}

/**
 * A claim by password, which may be empty: that is a wrong password, not a fault of syntax. Undefined when a name is empty
 * or a part holds an octet that no backend could be sent.
 */
export function passwordClaim(
  authcid: string,
  authzid: string | undefined,
  password: Uint8Array | undefined,
): Claim | undefined {
  if (password === undefined || password.includes(0)) return undefined;
  return claim(authcid, authzid, { kind: 'password', password: new Secret(password) });
}

// RFC 7628 §3.1: gs2-header kvsep *kvpair kvsep. The a= field names the user; without it there is no account to ask about.
function parseOauthBearer(message: string): Claim | undefined {
  const [header, ...rest] = message.split('\x01');
  const gs2 = /^[ny],a=((?:[^,=\0]|=2C|=3D)+),$/.exec(header ?? '');
  const name = gs2?.[1]?.replaceAll('=2C', ',').replaceAll('=3D', '=');
  return name === undefined ? undefined : bearerClaim(name, rest);
}

// "user=" name ^A "auth=Bearer " token ^A ^A
function parseXoauth2(message: string): Claim | undefined {
  const [user, ...rest] = message.split('\x01');
  return user?.startsWith('user=') ? bearerClaim(user.slice('user='.length), rest) : undefined;
}

// What follows the name: key=value pairs, each ended by ^A, and one ^A more at the end.
function bearerClaim(authcid: string, fields: readonly string[]): Claim | undefined {
  const pairs = fields.slice(0, -2);
  if (fields.length < 3 || fields.at(-1) !== '' || fields.at(-2) !== '') return undefined;
  if (!pairs.every((pair) => /^[A-Za-z]+=[^\0]*$/.test(pair))) return undefined;
  const [auth, ...moreAuth] = pairs.filter((pair) => pair.startsWith('auth='));
  // RFC 6750 §2.1: b64token; the scheme's name is case-insensitive.
  const token = /^auth=Bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(auth ?? '')?.[1];
  if (token === undefined || moreAuth.length > 0) return undefined;
  return claim(authcid, undefined, { kind: 'token', token: new Secret(token) });
}

function claim(authcid: string, authzid: string | undefined, offered: Offered): Claim | undefined {
  if (!nameSendable(authcid)) return undefined;
  if (authzid === undefined || authzid === '') return { authcid, authzid: undefined, offered };
  return nameSendable(authzid) ? { authcid, authzid, offered } : undefined;
}
