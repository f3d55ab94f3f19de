/** The page part that asks for a second factor, and what it says when the code was not right. */

import { requestPasskey } from '#policy/factors/passkeys.ts';
import { maskedAddress, sendingWords, type Sending } from './send-code.ts';
import { choices, field, notice, type Field } from '#portal/markup/form-fields.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { passkeyField, passkeyPart } from './passkey-form.ts';
import { passkeyTools } from './passkey-context.ts';
import type { FactorOutcome, WayKind } from './check-factor.ts';
import type { SignedInRequest } from '#portal/http/page.ts';
import { otherWays, placeOf, type Occasion } from './factor-choice.ts';

type TypedWay = Exclude<WayKind, 'passkey'>;
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
export async function factorForm(
  request: SignedInRequest,
  about: { readonly way: WayKind; readonly occasion: Occasion; readonly submit: string },
  said: Said,
): Promise<Html> {
  const { way, occasion } = about;
  const { send } = placeOf(occasion, way);
  const { email: emailWords } = request.texts;
  const others = otherWays(request, occasion, way);
  return html`${troubleNotice(request, said)}
    <p>${leadWords(request, way)}</p>
    ${way === 'passkey' ? await passkeyForm(request, occasion, said) : codeForm(request, { ...about, way }, said)}
    ${way === 'email' && form(request, send, html`<button class="link">${emailWords.again}</button>`)}
    ${
      others.length > 0 &&
      html`<ul class="other">
        ${others}
      </ul>`
    }`;
}

function codeForm(
  request: SignedInRequest,
  { way, occasion, submit }: { readonly way: TypedWay; readonly occasion: Occasion; readonly submit: string },
  { refusal }: Said,
): Html {
  const content = html`<input type="hidden" name="way" value="${way}" />
    ${field({ name: 'code', first: true, fault: faultWords(request, way, refusal), ...fieldOf(request, way) })}
    ${occasion === 'sign-in' && trustChoice(request)}
    <button class="main">${submit}</button>`;
  return form(request, placeOf(occasion, way).check, content);
}

async function passkeyForm(request: SignedInRequest, occasion: Occasion, { refusal }: Said): Promise<Html> {
  const { parts, who, texts } = request;
  const { passkeys: words } = texts;
  const binding = { session: who.session.id, account: who.account };
  const options = await requestPasskey(passkeyTools(parts), binding, occasion);
  const content = html`<input type="hidden" name="way" value="passkey" />
    ${passkeyField()} ${occasion === 'sign-in' && trustChoice(request)}
    <button class="main" data-go hidden>${words.useNow}</button>`;
  const trouble = refusal === undefined || refusal.kind === 'throttled' ? undefined : refusal.kind;
  return html`${trouble !== undefined && notice('fault', trouble === 'over' ? words.over : words.wrong)}
  ${passkeyPart(request, { kind: 'get', options }, form(request, placeOf(occasion, 'passkey').check, content))}`;
}

function troubleNotice(request: SignedInRequest, { refusal, sending }: Said): Html | undefined {
  const { signIn: words, minutes } = request.texts;
  if (refusal?.kind === 'throttled') {
    return notice('fault', words.throttled(minutes(Math.ceil(refusal.retryAfterSeconds / 60))));
  }
  const text = sending === undefined ? undefined : sendingWords(request, sending);
  return text === undefined ? undefined : notice(sending?.kind === 'on-its-way' ? 'warning' : 'fault', text);
}

function fieldOf(
  { texts }: SignedInRequest,
  way: TypedWay,
): Pick<Field, 'label' | 'hint' | 'autocomplete' | 'kind' | 'maxLength'> {
  const { signIn: words } = texts;
  if (way === 'recovery-code') {
    return { label: words.recoveryCode, hint: words.recoveryHint, autocomplete: 'off', kind: 'code', maxLength: 48 };
  }
  return { label: words.code, hint: words.codeHint, autocomplete: 'one-time-code', kind: 'digits', maxLength: 24 };
}

function leadWords({ texts, who }: SignedInRequest, way: WayKind): string {
  const { signIn: words, email } = texts;
  if (way === 'passkey') return texts.passkeys.useLead;
  if (way === 'email') return email.sentTo(maskedAddress(who.record.recoveryAddress ?? ''));
  return way === 'totp' ? words.totpLead : words.recoveryLead;
}

function faultWords({ texts }: SignedInRequest, way: TypedWay, refusal: FactorRefusal | undefined): string | undefined {
  const { signIn: words, email } = texts;
  if (refusal === undefined || refusal.kind === 'throttled') return undefined;
  if (refusal.kind === 'used-before') return words.usedCode;
  if (refusal.kind === 'over') return email.over;
  return { totp: words.wrongCode, email: email.wrong, 'recovery-code': words.wrongRecovery }[way];
}

function trustChoice({ who, texts }: SignedInRequest): Html | undefined {
  const { trustedBrowserDays: days } = who.policy;
  if (days === 0) return undefined;
  const label = texts.signIn.trust(days);
  return choices({ name: 'trust', type: 'checkbox', label: texts.signIn.trustTitle }, [
    { value: 'yes', label, hint: texts.signIn.trustHint },
  ]);
}
