/**
 * Judges what browsers answer for passkeys, with @simplewebauthn/server behind policy's port. Attestation is not asked
 * for: which make an authenticator is of is nobody's business here. WebAuthn Level 3 §7.1, §7.2.
 */

import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { z } from 'zod';
import type { ExpectedResponse, PasskeyVerifier } from '#policy/ports/passkeys.ts';
import type { PasskeyRecord } from '#policy/ports/records.ts';

const MAX_FIELD = 16_384;
const Field = z.string().max(MAX_FIELD);
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;

const Credential = z.object({
  id: z.string().min(1).max(1400),
  rawId: z.string().max(1400),
  type: z.literal('public-key'),
});

const Registration = Credential.extend({
  response: z.object({
    clientDataJSON: Field,
    attestationObject: Field,
    transports: z.array(z.string()).catch([]),
  }),
});

const Assertion = Credential.extend({
  response: z.object({
    clientDataJSON: Field,
    authenticatorData: Field,
    signature: Field,
  }),
});

/** Makes the verifier. The passkey is the second factor: presence is needed, a PIN or finger is welcome. */
export function makePasskeyVerifier(): PasskeyVerifier {
  return { registration, assertion };
}

async function registration(
  answer: unknown,
  { challenge, origin, rpId }: ExpectedResponse,
): ReturnType<PasskeyVerifier['registration']> {
  const parsed = Registration.safeParse(answer);
  if (!parsed.success) return undefined;
  const { response, ...named } = parsed.data;
  const transports = TRANSPORTS.filter((known) => response.transports.includes(known));
  const verified = await orUndefined(
    verifyRegistrationResponse({
      response: { ...named, response: { ...response, transports }, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: false,
    }),
  );
  if (verified?.verified !== true) return undefined;
  const { id, publicKey, counter } = verified.registrationInfo.credential;
  return { id, publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports };
}

async function assertion(
  answer: unknown,
  { challenge, origin, rpId }: ExpectedResponse,
  passkeys: readonly PasskeyRecord[],
): ReturnType<PasskeyVerifier['assertion']> {
  const parsed = Assertion.safeParse(answer);
  const passkey = passkeys.find(({ id }) => id === parsed.data?.id);
  if (!parsed.success || passkey === undefined) return undefined;
  const { id, publicKey, counter } = passkey;
  const verified = await orUndefined(
    verifyAuthenticationResponse({
      response: { ...parsed.data, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: { id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter },
      requireUserVerification: false,
    }),
  );
  return verified?.verified === true ? { id, counter: verified.authenticationInfo.newCounter } : undefined;
}

// The library throws at whatever does not fit: a challenge, an origin, a byte too few. Each means: not proven.
async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
