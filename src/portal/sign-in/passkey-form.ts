/** The part of a form that the script fills with a browser's answer, and what is said where there is no script. */

import type { PasskeyCreation, PasskeyRequest } from '#policy/factors/passkeys.ts';
import { html, type Html } from '#portal/markup/html.ts';
import type { PageRequest } from '#portal/http/page.ts';

/** The name of the field with the browser's answer in JSON, and the most that is read of it. */
export const PASSKEY_FIELD = 'response';
export const MAX_PASSKEY_ANSWER = 20_000;

/** What the browser is asked. */
export type PasskeyAsked =
  | { readonly kind: 'create'; readonly options: PasskeyCreation }
  | { readonly kind: 'get'; readonly options: PasskeyRequest };

/** A form around which the script does its work: `form` holds passkeyField() and one button with `data-go hidden`. */
export function passkeyPart({ texts }: PageRequest, { kind, options }: PasskeyAsked, form: Html): Html {
  const { passkeys: words } = texts;
  return html`<div
    data-passkey="${kind}"
    data-options="${JSON.stringify(options)}"
    data-stopped="${words.stopped}"
    data-exists="${words.exists}"
  >
    <div class="notice warning" data-without><p>${words.withoutScript}</p></div>
    ${form}
  </div>`;
}

/** The hidden field, and the place where the script says that nothing came of it. */
export function passkeyField(): Html {
  return html`<input type="hidden" name="${PASSKEY_FIELD}" value="" />
    <p class="fault" data-said role="alert"></p>`;
}

/** A browser's answer as it was sent; undefined when it is no JSON. Whether it proves anything is the verifier's. */
export function passkeyAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
