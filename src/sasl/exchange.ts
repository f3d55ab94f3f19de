/**
 * The server's side of SASL, shared by all protocols. A dialogue hands over base64 text and gets a challenge,
 * credentials or a fault; it knows no mechanism by name. RFC 4422 §3; base64 and framing are the protocol's.
 */

import type { Offered } from '../core/verdict.ts';

/** What a client claims to be and its proof. */
export interface Credentials {
  /** SASL mechanism, or the protocol's own command: LOGIN-COMMAND, USER-PASS. For the log. */
  readonly mechanism: string;
  readonly authcid: string;
  /** Undefined when absent or empty. Judged by the gateway (core/identity.ts), never silently dropped. */
  readonly authzid: string | undefined;
  readonly offered: Offered;
  /** A last challenge (base64) that must be answered before a refusal is spoken (RFC 7628 §3.2.3); most have none. */
  readonly refusalChallenge: string | undefined;
}
