/** The factors of an account in Settings › Account › 2-Step Authentication, each with what can be done about it. */

import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { offersPasskeys } from '#portal/sign-in/passkey-context.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { time } from '#portal/markup/times.ts';
import type { SignedInRequest } from '#portal/http/page.ts';
import { removalOf } from './passkeys-page.ts';

/** A row for each factor that there is or could be, and one for the recovery address. */
export function factorRows(request: SignedInRequest): readonly Html[] {
  return [...totpRow(request), ...passkeyRows(request), ...addressRow(request)];
}

function totpRow(request: SignedInRequest): readonly Html[] {
  const { who, texts } = request;
  const { twoStep: words } = texts;
  const { totp } = who.record;
  if (totp === undefined && !who.policy.methods.includes('totp')) return [];
  const [label, word] =
    totp === undefined ? [`${words.totp}: ${texts.add}`, texts.add] : [words.replaceTotp, words.replace];
  const setUp = form(
    request,
    PATHS.setUp,
    html`<input type="hidden" name="method" value="totp" /><button class="small" aria-label="${label}">
        ${word}
      </button>`,
    'inline',
  );
  return [row(request, words.totp, totp?.confirmedAt, [setUp, removal(request, 'totp', words.totp)])];
}

function passkeyRows(request: SignedInRequest): readonly Html[] {
  const { parts, who, texts, language } = request;
  const { passkeys: words, twoStep } = texts;
  const { passkeys = [] } = who.record;
  const removable = passkeys.length > 1 || who.factors.length > 1;
  const rows = passkeys.map((passkey) => {
    const { name, createdAt, lastUsedAt } = passkey;
    const used = lastUsedAt !== undefined && html`<br /><small>${words.lastUsed} ${time(lastUsedAt, language)}</small>`;
    const remove = html`<a
      class="button small"
      href="${request.link(removalOf(request, passkey))}"
      aria-label="${words.removeNamed(name)}"
      >${twoStep.remove}</a
    >`;
    const since = html`<br /><small>${twoStep.since} ${time(createdAt, language)}</small>`;
    return row(request, html`${words.method}: ${name}${since}${used}`, undefined, [removable && remove]);
  });
  if (!who.policy.methods.includes('passkey') || !offersPasskeys(parts)) return rows;
  const add = html`<a class="button small" href="${request.link(PATHS.setUpPasskey)}" aria-label="${words.add}"
    >${texts.add}</a
  >`;
  return [...rows, row(request, words.method, undefined, [add])];
}

// The address is there for notices also where no codes go to it.
function addressRow(request: SignedInRequest): readonly Html[] {
  const { parts, who, texts } = request;
  const { email: words } = texts;
  const { recoveryAddress, emailFactor } = who.record;
  if (parts.mail === undefined && recoveryAddress === undefined) return [];
  const use = emailFactor === undefined ? words.noticesOnly : words.withCodes;
  const title = html`${words.method}<br /><small
      >${recoveryAddress === undefined ? words.noAddress : html`${recoveryAddress}, ${use}`}</small
    >`;
  const change = html`<a
    class="button small"
    href="${request.link(PATHS.recoveryAddress)}"
    aria-label="${words.changeLabel}"
    >${recoveryAddress === undefined ? words.set : words.change}</a
  >`;
  const addCodes =
    emailFactor === undefined &&
    who.policy.methods.includes('email') &&
    html`<a class="button small" href="${request.link(PATHS.setUpEmail)}">${words.getCodes}</a>`;
  const able = parts.mail !== undefined;
  return [row(request, title, undefined, [able && addCodes, able && change, removal(request, 'email', words.method)])];
}

/** The only factor is not removed but turned off. */
function removal(request: SignedInRequest, factor: 'totp' | 'email', name: string): Html | undefined {
  const { who, texts } = request;
  if (!who.factors.includes(factor) || who.factors.length === 1) return undefined;
  const { twoStep: words } = texts;
  return html`<a
    class="button small"
    href="${request.link(withId(PATHS.removeFactor, factor))}"
    aria-label="${words.removeNamed(name)}"
    >${words.remove}</a
  >`;
}

function row(
  { texts, language }: SignedInRequest,
  title: Html | string,
  since: number | undefined,
  actions: readonly (Html | false | undefined)[],
): Html {
  const when = since !== undefined && html`<br /><small>${texts.twoStep.since} ${time(since, language)}</small>`;
  return html`<li><span>${title}${when}</span> <span class="answers">${actions}</span></li>`;
}
