/** A domain's choice as it stands at one moment: defaults filled in, a force from a later date not yet in force. */

import { FACTOR_KINDS, type DomainRecord } from '#policy/ports/records.ts';

/** What holds for a domain now. */
export interface DomainPolicy {
  readonly mode: DomainRecord['mode'];
  /** The domain is forced from then on (ms): clients with the ordinary password stop working. Only with `enabled`. */
  readonly cutOffAt?: number;
  readonly methods: DomainRecord['methods'];
  readonly reveal: DomainRecord['reveal'];
  readonly hints: DomainRecord['hints'];
  /** 0: browsers are never trusted. */
  readonly trustedBrowserDays: number;
  readonly maxAppPasswords: number | undefined;
  readonly appPasswordDays: number | undefined;
}

/** The record of a domain that nobody has decided about. */
export const UNDECIDED_DOMAIN: DomainRecord = {
  mode: 'disabled',
  methods: FACTOR_KINDS,
  reveal: 'always',
  hints: 'always',
};

/** The policy that a domain's record (undefined: none was ever saved) means at the time `now`. */
export function policyAt(record: DomainRecord | undefined, now: number): DomainPolicy {
  const { mode, forcedFrom, methods, reveal, hints, ...limits } = record ?? UNDECIDED_DOMAIN;
  const { trustedBrowserDays = 0, maxAppPasswords, appPasswordDays } = limits;
  const choice = { methods, reveal, hints, trustedBrowserDays, maxAppPasswords, appPasswordDays };
  if (mode === 'forced' && forcedFrom !== undefined && forcedFrom > now) {
    return { mode: 'enabled', cutOffAt: forcedFrom, ...choice };
  }
  return { mode, ...choice };
}
