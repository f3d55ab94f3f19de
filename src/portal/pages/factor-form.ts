/** The page part that asks for a second factor, and what it says when the code was not right. */

import { maskedAddress, sendingWords, type Sending } from '../codes-by-mail.ts';
import { choices, field, notice, type Field } from '../fields.ts';
import { html, type Html } from '../html.ts';
import { form } from '../layout.ts';
import type { FactorOutcome, WayKind } from '../second-factor.ts';
import type { SignedVisit } from '../visit.ts';
import { otherWays, placeOf, type Occasion } from './ways.ts';

type FactorRefusal = Exclude<FactorOutcome, { kind: 'right' }>;

/** What has come of an earlier request, to be said on the page. */
export interface Said {
  readonly refusal?: FactorRefusal | undefined;
  readonly sending?: Sending | undefined;
}

/** The status of a page that says why. */
export function saidStatus({ refusal, sending }: Said): number | undefined {
  if (refusal?.kind === 'throttled' || sending?.kind === 'too-many') return 429;
  if (sending?.kind === 'failed') return 503;
  return refusal === undefined ? undefined : 403;
}

/** What to do, the form for a code, and the other ways. */
export function factorForm(
  visit: SignedVisit,
  about: { readonly way: WayKind; readonly occasion: Occasion; readonly submit: string },
  said: Said,
): Html {
  const { way, occasion, submit } = about;
  const { check, send } = placeOf(occasion, way);
  const { email: emailWords } = visit.texts;
  const content = html`<input type="hidden" name="way" value="${way}" />
    ${field({ name: 'code', first: true, fault: faultWords(visit, way, said.refusal), ...fieldOf(visit, way) })}
    ${occasion === 'sign-in' && trustChoice(visit)}
    <button class="main">${submit}</button>`;
  const others = otherWays(visit, occasion, way);
  return html`${troubleNotice(visit, said)}
    <p>${leadWords(visit, way)}</p>
    ${form(visit, check, content)}
    ${way === 'email' && form(visit, send, html`<button class="link">${emailWords.again}</button>`)}
    ${
      others.length > 0 &&
      html`<ul class="other">
        ${others}
      </ul>`
    }`;
}

function troubleNotice(visit: SignedVisit, { refusal, sending }: Said): Html | undefined {
  const { signIn: words, minutes } = visit.texts;
  if (refusal?.kind === 'throttled') {
    return notice('fault', words.throttled(minutes(Math.ceil(refusal.retryAfterSeconds / 60))));
  }
  const text = sending === undefined ? undefined : sendingWords(visit, sending);
  return text === undefined ? undefined : notice(sending?.kind === 'on-its-way' ? 'warning' : 'fault', text);
}

function fieldOf(
  { texts }: SignedVisit,
  way: WayKind,
): Pick<Field, 'label' | 'hint' | 'autocomplete' | 'kind' | 'maxLength'> {
  const { signIn: words } = texts;
  if (way === 'recovery-code') {
    return { label: words.recoveryCode, hint: words.recoveryHint, autocomplete: 'off', kind: 'code', maxLength: 48 };
  }
  return { label: words.code, hint: words.codeHint, autocomplete: 'one-time-code', kind: 'digits', maxLength: 12 };
}

function leadWords({ texts, who }: SignedVisit, way: WayKind): string {
  const { signIn: words, email } = texts;
  if (way === 'email') return email.sentTo(maskedAddress(who.record.recoveryAddress ?? ''));
  return way === 'totp' ? words.totpLead : words.recoveryLead;
}

function faultWords({ texts }: SignedVisit, way: WayKind, refusal: FactorRefusal | undefined): string | undefined {
  const { signIn: words, email } = texts;
  if (refusal === undefined || refusal.kind === 'throttled') return undefined;
  if (refusal.kind === 'used-before') return words.usedCode;
  if (refusal.kind === 'over') return email.over;
  return { totp: words.wrongCode, email: email.wrong, 'recovery-code': words.wrongRecovery }[way];
}

function trustChoice({ who, texts }: SignedVisit): Html | undefined {
  const { trustedBrowserDays: days } = who.policy;
  if (days === 0) return undefined;
  const label = texts.signIn.trust(days);
  return choices({ name: 'trust', type: 'checkbox', label: texts.signIn.trustTitle }, [
    { value: 'yes', label, hint: texts.signIn.trustHint },
  ]);
}
