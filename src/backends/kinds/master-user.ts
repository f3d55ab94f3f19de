/** A master user, who may log in as anybody: `user*master` with the master's password (Dovecot). */

import type { Secret } from '#core/secret.ts';
import type { Impersonation } from './kind.ts';

export interface MasterUserSettings {
  readonly kind: 'master-user';
  readonly user: string;
  readonly password: Secret;
  readonly separator: string;
}

/** The kind with these settings. Every client can speak it: on the wire it is a name and a password. */
export function masterUser({ user, password, separator }: MasterUserSettings): Impersonation {
  const nameOf = (name: string) => `${name}${separator}${user}`;
  return {
    judgesPasswords: true,
    loginAs: (name) => ({ as: 'user', name: nameOf(name), password }),
    handOver: (name) => ({ user: nameOf(name), password: password.expose() }),
  };
}
