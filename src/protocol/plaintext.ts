/** Credentials on a connection without TLS: whether they are taken, and what it means that they came. */

import { begin } from '#sasl/exchange.ts';
import type { SaslRequest } from '#sasl/exchange.ts';
import type { FrontAction, FrontOptions } from './machine.ts';

/** Whether a listener takes credentials at this point. */
export function loginAllowed(options: Pick<FrontOptions, 'plaintextLogin'>, tlsActive: boolean): boolean {
  return tlsActive || options.plaintextLogin;
}

/**
 * What is asked of the gateway when a SASL exchange was begun where it is not allowed: if its first message already
 * held a password or token, that one is no longer a secret.
 */
export function exposedBy(request: SaslRequest): readonly FrontAction[] {
  const step = begin(request);
  if (step.kind !== 'credentials') return [];
  const { authcid, offered } = step.credentials;
  const empty = offered.kind === 'password' && offered.password.exposeBytes().length === 0;
  return empty ? [] : [{ do: 'exposed', authcid }];
}
