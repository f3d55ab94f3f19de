/** Joins mail to the parts that send it: codes for whoever waits, notices of changes to the owners of accounts. */

import type { Settings } from './config/settings.ts';
import { composeMail } from './mail/compose.ts';
import type { MailContent, MailLanguage, NoticeAction } from './mail/content.ts';
import { makeMailer, type MailEvent } from './mail/mailer.ts';
import { openRelay } from './mail/relay.ts';
import type { Log } from './ops/log.ts';
import { CODE_MINUTES } from './policy/emailed-code.ts';
import type { AccountNotice } from './policy/notices.ts';
import type { PortalMail } from './portal/settings.ts';

export interface Mail extends PortalMail {
  notify(notice: AccountNotice): void;
  stop(): Promise<void>;
}

/** How long a page waits to say whether the relay has taken a code. */
const WAIT_MS = 8_000;
const DRAIN_MS = 3_000;

/** Opens the way to the relay; undefined where none is configured. */
export function openMail(settings: Settings, log: Log): Mail | undefined {
  if (settings.mail === undefined) return undefined;
  const mailer = makeMailer({ relay: openRelay(settings.mail), report: (event) => reportTo(log, event) });
  const compose = (content: MailContent, language: MailLanguage) =>
    composeMail(content, { service: settings.policy.issuer, portalUrl: settings.portal.url, language });
  return {
    async sendCode({ to, account, code, purpose, language }) {
      const mail = compose({ kind: 'code', purpose, account, code, minutes: CODE_MINUTES }, language);
      const outcome = await mailer.send({ ...mail, to, kind: 'code' }).outcomeWithin(WAIT_MS);
      return outcome.kind === 'waiting' ? 'on-its-way' : outcome.kind;
    },
    notify(notice) {
      const content = contentOf(notice);
      if (content === undefined) return;
      for (const to of notice.to) mailer.send({ ...compose(content, 'en'), to, kind: 'notice' });
    },
    stop: () => mailer.stop(DRAIN_MS),
  };
}

const NOTICES: Readonly<Record<NoticeAction, true>> = {
  'account.enrolled': true,
  'account.unenrolled': true,
  'account.factor-removed': true,
  'account.factors-reset': true,
  'account.recovery-address-changed': true,
  'account.recovery-code-used': true,
  'account.recovery-codes-renewed': true,
  'app-password.added': true,
  'app-password.reset': true,
  'app-password.revoked': true,
};

function contentOf({ action, actor, account, at, detail }: AccountNotice): MailContent | undefined {
  if (!isNotice(action)) return undefined;
  const name = detail?.['name'];
  return {
    kind: 'notice',
    action,
    actor: actor === account.name ? 'owner' : 'admin',
    account: account.name,
    at,
    name: name === undefined ? undefined : String(name),
  };
}

function isNotice(action: string): action is NoticeAction {
  return Object.hasOwn(NOTICES, action);
}

// Without the address: it is somebody's, and the audit knows whose account it was.
function reportTo(log: Log, { event, kind, tries, reason, detail }: MailEvent): void {
  const fields = { reason: reason ?? kind, count: tries, text: detail };
  if (event === 'sent') log.info('mail.sent', fields);
  else if (event === 'deferred') log.warn('mail.deferred', fields);
  else log.error('mail.failed', fields);
}
