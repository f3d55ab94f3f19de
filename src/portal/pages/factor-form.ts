/** The form that asks for a second factor, and what it says when the code was not right. */

import { field, notice } from '../fields.ts';
import { html, type Html } from '../html.ts';
import { form } from '../layout.ts';
import type { OwnPath } from '../paths.ts';
import type { WayKind, FactorOutcome } from '../second-factor.ts';
import type { Visit } from '../visit.ts';

export type FactorRefusal = Exclude<FactorOutcome, { kind: 'right' }>;

/** The status of a page that says why. */
export function refusalStatus(refusal: FactorRefusal | undefined): number | undefined {
  if (refusal === undefined) return undefined;
  return refusal.kind === 'throttled' ? 429 : 403;
}

/** The form for a code of this kind, sent to `action`. */
export function factorForm(
  visit: Visit,
  about: { readonly factor: WayKind; readonly action: OwnPath; readonly submit: string },
  refusal: FactorRefusal | undefined,
): Html {
  const { signIn: words, minutes } = visit.texts;
  const { factor, action, submit } = about;
  const throttled = refusal?.kind === 'throttled' ? refusal.retryAfterSeconds : undefined;
  const fault = throttled === undefined && refusal !== undefined ? faultWords(visit, factor, refusal) : undefined;
  const input =
    factor === 'totp'
      ? field({ name: 'code', label: words.code, hint: words.codeHint, fault, ...TOTP_FIELD })
      : field({ name: 'code', label: words.recoveryCode, hint: words.recoveryHint, fault, ...RECOVERY_FIELD });
  const content = html`<input type="hidden" name="factor" value="${factor}" />
    ${input}
    <button class="main">${submit}</button>`;
  return html`${throttled !== undefined && notice('fault', words.throttled(minutes(Math.ceil(throttled / 60))))}
  ${form(visit, action, content)}`;
}

const TOTP_FIELD = { autocomplete: 'one-time-code', kind: 'digits', maxLength: 12, first: true } as const;
const RECOVERY_FIELD = { autocomplete: 'off', kind: 'code', maxLength: 48, first: true } as const;

function faultWords({ texts }: Visit, factor: WayKind, refusal: FactorRefusal): string {
  const { signIn: words } = texts;
  if (refusal.kind === 'used-before') return words.usedCode;
  return factor === 'recovery-code' ? words.wrongRecovery : words.wrongCode;
}
