/** A proxy account that acts for the user: SASL PLAIN with the user as authzid (RFC 4616 §2; Dovecot, Cyrus). */

import type { Secret } from '#core/secret.ts';
import type { Impersonation } from './kind.ts';

export interface AuthzidSettings {
  readonly kind: 'authzid';
  readonly user: string;
  readonly password: Secret;
}

/** The kind with these settings. nginx sends no authzid, so nothing can be handed over to it. */
export function authzid({ user, password }: AuthzidSettings): Impersonation {
  return {
    judgesPasswords: true,
    loginAs: (name) => ({ as: 'authzid', name, authcid: user, password }),
    handOver: () => undefined,
  };
}
