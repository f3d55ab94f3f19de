/** What the policy service counts, in its own words. Who reads it, and how, is not known here. */

/** Which way a question came; stands for the listener in the log. */
export type Asker = 'nginx' | 'verify' | 'saslauthd' | 'dovecot-policy';

/**
 * What an asker heard. Only the auth policy server, which never sees a password, says `permitted` (go on) and `delayed`
 * (go on after a wait); `forward` leaves an ordinary password to the asker.
 */
export type AnsweredVerdict =
  | 'accepted'
  | 'forward'
  | 'permitted'
  | 'delayed'
  | 'refused'
  | 'throttled'
  | 'unavailable';

/** Why a bearer token was not taken: none was sent, it is no good (any more), or it does not permit what was asked. */
export type TokenFault = 'missing' | 'invalid' | 'insufficient';

export interface AnsweredRequest {
  /** With `route`, that of a row and nothing that a client sent: `none` where there is no such route. */
  readonly method: string;
  /** As the OpenAPI document writes it: `/v1/domains/{domain}`. */
  readonly route: string;
  readonly statusClass: string;
  /** From its header to the end of its answer; of a stream, to its beginning. */
  readonly seconds: number;
}

export interface ServiceMetrics {
  requestAnswered(request: AnsweredRequest): void;
  verdictAnswered(asker: Asker, verdict: AnsweredVerdict): void;
  tokenRefused(why: TokenFault): void;
}

/** Meters that nobody reads. */
export function unreadServiceMetrics(): ServiceMetrics {
  return { requestAnswered: nothing, verdictAnswered: nothing, tokenRefused: nothing };
}

function nothing(): void {}
