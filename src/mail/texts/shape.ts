/** What every language must have words for. */

import type { MailedCodePurpose, NoticeAction } from '#mail/content.ts';

/** What a mail says: a subject that stands alone on a lock screen, a first line that does too, and the rest. */
export interface Wording {
  readonly subject: string;
  readonly paragraphs: readonly string[];
}

export interface CodeFacts {
  readonly service: string;
  readonly account: string;
  readonly code: string;
  readonly minutes: number;
}

export interface NoticeFacts {
  readonly service: string;
  readonly account: string;
  readonly when: string;
  /** The name of an app password; '' where the notice is about none. */
  readonly name: string;
  readonly portalUrl: string;
}

export interface MailTexts {
  /** For dates: a BCP 47 tag. */
  readonly locale: string;
  readonly code: Readonly<Record<MailedCodePurpose, (facts: CodeFacts) => Wording>>;
  /** A subject and the sentence that says what happened. */
  readonly notice: Readonly<Record<NoticeAction, (facts: NoticeFacts) => readonly [subject: string, what: string]>>;
  readonly doneBy: { readonly owner: (facts: NoticeFacts) => string; readonly admin: (facts: NoticeFacts) => string };
  /** What to do when it was not the owner. */
  readonly notYou: (facts: NoticeFacts) => string;
  readonly recoveryCodesLow: (facts: NoticeFacts, left: number) => Wording;
  readonly newBrowser: (facts: NoticeFacts, browser: string, network: string) => Wording;
  /** What an admin starts from: `{account}`, `{portal}`, `{date}` are filled in for each user. */
  readonly instructions: (service: string, dated: boolean) => { readonly subject: string; readonly body: string };
  readonly footer: (service: string) => string;
}
