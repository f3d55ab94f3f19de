/** Sends a code to somebody who waits for it, and says how that went. */

import type { CodePurpose, MadeCode } from '#policy/factors/emailed-code.ts';
import type { SignedInRequest } from '#portal/http/page.ts';

export type Sending =
  /** The relay has taken it, or will soon. */
  | { readonly kind: 'sent' }
  | { readonly kind: 'on-its-way' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'too-many'; readonly retryAfterSeconds: number };

/** Sends a code that policy has made. Without a mailer nothing can be sent. */
export async function sendCode(
  { parts, who, language }: Pick<SignedInRequest, 'parts' | 'who' | 'language'>,
  purpose: CodePurpose,
  made: MadeCode,
): Promise<Sending> {
  if (made.kind === 'too-many') return made;
  if (parts.mail === undefined) return { kind: 'failed' };
  const { code, address: to } = made;
  return { kind: await parts.mail.sendCode({ to, account: who.account.name, code, purpose, language }) };
}

/** The words for whoever waits; undefined when there is nothing to say. */
export function sendingWords({ texts }: Pick<SignedInRequest, 'texts'>, sending: Sending): string | undefined {
  const { email: words } = texts;
  if (sending.kind === 'sent') return undefined;
  if (sending.kind === 'too-many') {
    const { retryAfterSeconds: seconds } = sending;
    return words.tooMany(seconds < 60 ? texts.seconds(seconds) : texts.minutes(Math.ceil(seconds / 60)));
  }
  return sending.kind === 'failed' ? words.failed : words.onItsWay;
}

/** An address as it is shown to somebody who has not given all factors yet: `a•••@example.net`. */
export function maskedAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, 1)}•••${address.slice(at)}`;
}
