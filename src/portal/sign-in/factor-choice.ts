/** Where each way to give a second factor has its page, at sign-in and before a change; and the links between them. */

import { html, type Html } from '#portal/markup/html.ts';
import { form, linkWithNext } from '#portal/layout/layout.ts';
import { PATHS, type OwnPath } from '#portal/http/paths.ts';
import { waysOf, type WayKind } from './check-factor.ts';
import type { SignedInRequest } from '#portal/http/page.ts';

export type Occasion = 'sign-in' | 'step-up';

interface Place {
  /** The page with the field. */
  readonly page: OwnPath;
  /** Where the form goes. */
  readonly check: OwnPath;
  /** Has another code mailed. */
  readonly send: OwnPath;
}

const CHECKS = {
  'sign-in': { check: PATHS.secondFactor, send: PATHS.emailedCode },
  'step-up': { check: PATHS.stepUp, send: PATHS.stepUpEmail },
} as const satisfies Record<Occasion, Pick<Place, 'check' | 'send'>>;

const PAGES = {
  'sign-in': {
    passkey: PATHS.passkey,
    totp: PATHS.secondFactor,
    email: PATHS.emailedCode,
    'recovery-code': PATHS.recoveryCode,
  },
  'step-up': {
    passkey: PATHS.stepUpPasskey,
    totp: PATHS.stepUp,
    email: PATHS.stepUpEmail,
    'recovery-code': PATHS.stepUpRecovery,
  },
} as const satisfies Record<Occasion, Record<WayKind, OwnPath>>;

export function placeOf(occasion: Occasion, way: WayKind): Place {
  return { page: PAGES[occasion][way], ...CHECKS[occasion] };
}

/** The ways that the account has beside this one. A code by mail is asked for by a form: sending changes something. */
export function otherWays(request: SignedInRequest, occasion: Occasion, here: WayKind): readonly Html[] {
  const { signIn: words, passkeys } = request.texts;
  const labels = {
    passkey: passkeys.use,
    totp: words.useApp,
    email: words.useEmail,
    'recovery-code': words.lostPhone,
  } as const;
  return waysOf(request.who.record)
    .filter((way) => way !== here)
    .map((way) => {
      const { page, send } = placeOf(occasion, way);
      if (way === 'email')
        return html`<li>${form(request, send, html`<button class="link">${labels[way]}</button>`)}</li>`;
      return html`<li><a href="${linkWithNext(request, page)}">${labels[way]}</a></li>`;
    });
}
