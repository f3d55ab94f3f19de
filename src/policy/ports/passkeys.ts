/** What policy asks of WebAuthn, in its own words: whether a browser's response proves a passkey. */

import type { PasskeyRecord } from './records.ts';

/** The site that passkeys are bound to. */
export interface PasskeySite {
  /** The host of the portal (WebAuthn §5.4.2, `rp.id`). */
  readonly rpId: string;
  /** Scheme, host and port of the portal. */
  readonly origin: string;
  /** Shown by the browser. */
  readonly name: string;
}

export interface ExpectedResponse extends Pick<PasskeySite, 'rpId' | 'origin'> {
  readonly challenge: string;
}

/** Both judge the JSON that a browser sends, whatever it is, and never throw for it. */
export interface PasskeyVerifier {
  /** The new passkey; undefined when the response does not prove one. WebAuthn §7.1. */
  registration(
    response: unknown,
    expected: ExpectedResponse,
  ): Promise<Pick<PasskeyRecord, 'id' | 'publicKey' | 'counter' | 'transports'> | undefined>;
  /**
   * Which of the account's passkeys signed, and its count after that; undefined when none did. A count that does not go
   * up, where there is one, proves nothing. WebAuthn §7.2.
   */
  assertion(
    response: unknown,
    expected: ExpectedResponse,
    passkeys: readonly PasskeyRecord[],
  ): Promise<Pick<PasskeyRecord, 'id' | 'counter'> | undefined>;
}
