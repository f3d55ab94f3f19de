/** The question and the answer of one login. Asked by gateway/, answered by policy/, spoken by protocol/. */

import type { Account } from './identity.ts';
import type { Protocol } from './protocols.ts';
import type { Secret } from './secret.ts';

/** What the client offered as proof: a password of either kind, or a bearer token (RFC 7628). */
export type Offered =
  | { readonly kind: 'password'; readonly password: Secret }
  | { readonly kind: 'token'; readonly token: Secret };

/** Who is at the other end of the socket, after any PROXY header. */
export interface Client {
  /** IPv4 or IPv6 in its shortest text form; an IPv4-mapped IPv6 address is given as IPv4. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
}

/** One try to log in, with the identity already canonical. */
export interface Attempt {
  readonly protocol: Protocol;
  readonly account: Account;
  readonly offered: Offered;
  readonly client: Client;
  /** The listener's configured name. */
  readonly listener: string;
  /** Quoted in refusals and on every log line. */
  readonly sessionId: string;
}

/** What opened a session; decides later whether a change of policy ends it. */
export type SessionCredential =
  | { readonly kind: 'ordinary-password' }
  /** `generation` counts resets: a session of an earlier generation is no longer covered. */
  | { readonly kind: 'app-password'; readonly id: string; readonly generation: number }
  | { readonly kind: 'token'; readonly id: string };

/** The versions of the records that a verdict was made from, to notice a change that overtook it. */
export interface Epochs {
  readonly account: number;
  readonly domain: number;
}

/** The answer to one attempt: the table of docs/architecture.md. */
export type Verdict =
  /** Log in at the backend as this user by the configured impersonation. `cutOffAt` (ms): the app password expires. */
  | { readonly kind: 'allow'; readonly opener: SessionCredential; readonly epochs: Epochs; readonly cutOffAt?: number }
  /** The backend judges the secret as it came. `cutOffAt` (ms): this client will stop working then. */
  | { readonly kind: 'forward'; readonly epochs: Epochs; readonly cutOffAt?: number }
  | { readonly kind: 'deny'; readonly reason: DenyReason }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable' };

/** Why we said no. For the log and the portal: a reply table decides how little the client hears. */
export type DenyReason =
  /** Enrolled, and the ordinary password was right. */
  | 'app-password-required'
  /** Forced but not enrolled, and the ordinary password was right. */
  | 'enrolment-required'
  | 'wrong-credentials'
  /** A live app password that is not meant for this protocol. */
  | 'out-of-scope'
  | 'app-password-expired'
  | 'network-not-permitted'
  | 'suspended'
  /** The identity was malformed or its authzid was somebody else's; nothing was looked up. */
  | 'identity-refused';

/**
 * How a forwarded or impersonated login ended at the backend. `refused` is a wrong password, `refused-otherwise` a
 * refusal in the backend's own words.
 */
export type LoginOutcome = 'accepted' | 'refused' | 'refused-otherwise' | 'unavailable';
