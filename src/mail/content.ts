/** What mail can say, before it has words: a code, a notice of a change, a warning, an admin's notice with instructions. */

import type { Language } from '#core/languages.ts';
import type { Secret } from '#core/secret.ts';

/** What a code is asked for. */
export type MailedCodePurpose = 'sign-in' | 'step-up' | 'recovery-address' | 'email-factor';

/** Changes that the owner of an account is told of. */
export type NoticeAction =
  | 'account.enrolled'
  | 'account.unenrolled'
  | 'account.factor-removed'
  | 'account.factors-reset'
  | 'account.recovery-address-changed'
  | 'account.recovery-code-used'
  | 'account.recovery-codes-renewed'
  | 'app-password.added'
  | 'app-password.reset'
  | 'app-password.revoked';

/** Who made a change, as far as its owner need know. */
type NoticeActor = 'owner' | 'admin';

export type MailContent =
  | {
      readonly kind: 'code';
      readonly purpose: MailedCodePurpose;
      readonly account: string;
      readonly code: Secret;
      readonly minutes: number;
    }
  | {
      readonly kind: 'notice';
      readonly action: NoticeAction;
      readonly actor: NoticeActor;
      readonly account: string;
      readonly at: number;
      /** The name of the app password that it is about. */
      readonly name?: string | undefined;
    }
  | { readonly kind: 'recovery-codes-low'; readonly account: string; readonly left: number }
  | {
      readonly kind: 'new-browser';
      readonly account: string;
      readonly at: number;
      readonly browser: string;
      readonly network: string;
    }
  /** An admin's own words; `{account}`, `{portal}` and `{date}` in them are filled in. */
  | {
      readonly kind: 'instructions';
      readonly account: string;
      readonly subject: string;
      readonly body: string;
      readonly date: number | undefined;
    };

/** Around every mail: whose service it is. */
export interface MailFrame {
  /** The service's name, as in the authenticator app. */
  readonly service: string;
  /** Where users manage two-step authentication; '' where there is no portal. */
  readonly portalUrl: string;
  readonly language: Language;
}

/** A mail with words, not yet on its way. */
export interface ComposedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly language: Language;
}
