/** What is said when an ordinary password is refused. */

import { unreachable } from '#core/fault.ts';
import type { PasswordOutcome } from './check-password.ts';
import type { PageRequest } from '#portal/http/page.ts';

export type PasswordRefusal = Exclude<PasswordOutcome, { kind: 'right' }>;

export const PASSWORD_STATUS = { wrong: 403, throttled: 429, unavailable: 503 } as const satisfies Record<
  PasswordRefusal['kind'],
  number
>;

/** One sentence for whoever typed it; it does not tell whether there is such an account. */
export function passwordRefusalWords({ texts }: PageRequest, refusal: PasswordRefusal): string {
  const { signIn: words } = texts;
  switch (refusal.kind) {
    case 'wrong':
      return words.wrong;
    case 'unavailable':
      return words.unavailable;
    case 'throttled':
      return words.throttled(texts.minutes(Math.ceil(refusal.retryAfterSeconds / 60)));
    default:
      return unreachable(refusal);
  }
}
