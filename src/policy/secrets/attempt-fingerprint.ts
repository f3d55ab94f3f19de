/** What the counters see of a try: the account, its network, and a mark of the secret that tells nothing without the key. */

import { networkOf } from '#core/network.ts';

import type { Account } from '#core/identity.ts';
import type { Keyring } from './keyring.ts';
import type { LoginQuery } from '#policy/ports/logins.ts';

export interface OfferedSecret {
  readonly account: Account;
  /** The client's address. */
  readonly address: string;
  /** A word for the kind of secret, and its text: equal texts of different kinds count apart. */
  readonly offered: readonly [kind: string, text: string];
}

// 96 bits: two secrets of one account never share a mark.
const MARK_LENGTH = 16;

/** No secret and no full address. */
export function attemptFingerprint(
  keyring: Keyring,
  { account, address, offered }: OfferedSecret,
): Pick<LoginQuery, 'account' | 'network' | 'secretFingerprint'> {
  const secretFingerprint = keyring.digest('secret-mark', [account.name, ...offered]).slice(0, MARK_LENGTH);
  return { account, network: networkOf(address), secretFingerprint };
}
