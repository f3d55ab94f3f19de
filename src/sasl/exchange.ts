/**
 * The server's side of SASL, shared by all protocols. A dialogue hands over base64 text and gets a challenge,
 * credentials or a fault; it knows no mechanism by name. RFC 4422 §3; base64 and framing are the protocol's.
 */

import { unreachable } from '#core/fault.ts';
import type { Offered } from '#core/verdict.ts';
import { decodeBase64, encodeBase64 } from '#wire/base64.ts';
import { MECHANISMS } from './mechanisms.ts';
import type { Mechanism } from './mechanisms.ts';

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

/** An exchange that waits for the client's next line. */
export interface SaslState {
  readonly mechanism: string;
  /** Answers so far, decoded. None of them is a secret: the last answer ends every exchange we know. */
  readonly responses: readonly Uint8Array[];
}

export type SaslFault = 'unsupported-mechanism' | 'malformed' | 'aborted' | 'too-long';

export type SaslStep =
  /** Send `challenge` (base64, may be empty) in the protocol's form and hand the next line to respond(). */
  | { readonly kind: 'challenge'; readonly state: SaslState; readonly challenge: string }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  | { readonly kind: 'fault'; readonly fault: SaslFault };

/** What a client asks for with AUTHENTICATE or AUTH. */
export interface SaslRequest {
  /** As the client wrote it; names are compared without case (RFC 4422 §3.1 has them in upper case). */
  readonly mechanism: string;
  /** Base64, `=` for an empty one (RFC 4954 §4, RFC 4959 §3), undefined when there was none. */
  readonly initialResponse: string | undefined;
  /** Mechanisms that this listener offers, upper case. Any other is unsupported, known to us or not. */
  readonly offered: readonly string[];
}

/** The longest line of an exchange, in octets without its line end (RFC 4954 §4, and ample for tokens). */
export const MAX_RESPONSE_BYTES = 12_288;

/** Starts an exchange. Never throws. */
export function begin(request: SaslRequest): SaslStep {
  const mechanism = request.mechanism.toUpperCase();
  const row = request.offered.includes(mechanism) ? MECHANISMS.get(mechanism) : undefined;
  if (row === undefined) return fault('unsupported-mechanism');
  if (request.initialResponse === undefined) return advance(row, { mechanism, responses: [] });
  return respondTo(row, { mechanism, responses: [] }, request.initialResponse === '=' ? '' : request.initialResponse);
}

/** Goes on with the client's line: base64, or `*` to abort. Never throws. */
export function respond(state: SaslState, line: string): SaslStep {
  const row = MECHANISMS.get(state.mechanism);
  if (row === undefined) return fault('unsupported-mechanism');
  return line === '*' ? fault('aborted') : respondTo(row, state, line);
}

function respondTo(row: Mechanism, state: SaslState, encoded: string): SaslStep {
  if (encoded.length > MAX_RESPONSE_BYTES) return fault('too-long');
  const response = decodeBase64(encoded);
  if (response === undefined) return fault('malformed');
  return advance(row, { ...state, responses: [...state.responses, response] });
}

function advance(row: Mechanism, state: SaslState): SaslStep {
  const step = row.step(state.responses);
  switch (step.kind) {
    case 'challenge':
      return { kind: 'challenge', state, challenge: encodeBase64(step.text) };
    case 'claim': {
      const refusalChallenge = row.refusal === undefined ? undefined : encodeBase64(row.refusal);
      return { kind: 'credentials', credentials: { mechanism: state.mechanism, ...step.claim, refusalChallenge } };
    }
    case 'malformed':
      return fault('malformed');
    default:
      return unreachable(step);
  }
}

function fault(kind: SaslFault): SaslStep {
  return { kind: 'fault', fault: kind };
}
