/** Joins mail to the parts that send it: codes for whoever waits, notices of changes to the owners of accounts. */

import type { Settings } from '#config/settings.ts';
import { composeMail, defaultInstructions } from '#mail/compose.ts';
import { DEFAULT_LANGUAGE, languageNamed, type Language } from '#core/languages.ts';
import type { MailContent } from '#mail/content.ts';
import { makeMailer, type MailEvent } from '#mail/mailer.ts';
import { openRelay } from '#mail/relay.ts';
import type { Log } from '#ops/log.ts';
import { CODE_MINUTES } from '#policy/factors/emailed-code.ts';
import type { AccountNotice } from '#policy/changes/notices.ts';
import type { PortalMail } from '#portal/ports/portal-services.ts';

export interface Mail extends PortalMail {
  notify(notice: AccountNotice): void;
  stop(): Promise<void>;
}

/** How long a page waits to say whether the relay has taken a code. */
const WAIT_MS = 8_000;
const DRAIN_MS = 3_000;

/** Opens the way to the relay; undefined where none is configured. `report` is told what becomes of each mail. */
export function openMail(settings: Settings, report: (event: MailEvent) => void): Mail | undefined {
  if (settings.mail === undefined) return undefined;
  const mailer = makeMailer({ relay: openRelay(settings.mail), report });
  const compose = (content: MailContent, language: Language) =>
    composeMail(content, { service: settings.policy.issuer, portalUrl: settings.portal.url, language });
  return {
    async sendCode({ to, account, code, purpose, language }) {
      const mail = compose({ kind: 'code', purpose, account, code, minutes: CODE_MINUTES }, language);
      const outcome = await mailer.send({ ...mail, to, kind: 'code' }).outcomeWithin(WAIT_MS);
      return outcome.kind === 'waiting' ? 'on-its-way' : outcome.kind;
    },
    async sendInstructions({ account, language, subject, body, date }) {
      const mail = compose({ kind: 'instructions', account, subject, body, date }, language);
      const outcome = await mailer.send({ ...mail, to: account, kind: 'notice' }).outcomeWithin(WAIT_MS);
      return outcome.kind === 'waiting' ? 'on-its-way' : outcome.kind;
    },
    defaultInstructions: (language, dated) => defaultInstructions(language, settings.policy.issuer, dated),
    notify(notice) {
      const language = languageNamed(notice.language ?? '') ?? DEFAULT_LANGUAGE;
      for (const content of contentsOf(notice)) {
        for (const to of notice.to) mailer.send({ ...compose(content, language), to, kind: 'notice' });
      }
    },
    stop: () => mailer.stop(DRAIN_MS),
  };
}

/** Fewer recovery codes than this are worth a warning. */
const FEW_CODES = 3;

function contentsOf({ action, actor, account: { name: account }, at, detail }: AccountNotice): readonly MailContent[] {
  if (action === 'browser.signed-in') {
    const text = (name: string): string => String(detail?.[name] ?? '');
    return [{ kind: 'new-browser', account, at, browser: text('browser'), network: text('network') }];
  }
  const name = detail?.['name'];
  const notice: MailContent = {
    kind: 'notice',
    action,
    actor: actor === account ? 'owner' : 'admin',
    account,
    at,
    name: name === undefined ? undefined : String(name),
  };
  const left = Number(detail?.['left'] ?? FEW_CODES);
  if (action !== 'account.recovery-code-used' || left >= FEW_CODES) return [notice];
  return [notice, { kind: 'recovery-codes-low', account, left }];
}

/** What a worker writes down about each mail. */
export function reportMailTo(log: Log): (event: MailEvent) => void {
  return (event) => reportTo(log, event);
}

// Without the address: it is somebody's, and the audit knows whose account it was.
function reportTo(log: Log, { event, kind, tries, reason, detail }: MailEvent): void {
  const fields = { reason: reason ?? kind, count: tries, text: detail };
  if (event === 'sent') log.info('mail.sent', fields);
  else if (event === 'deferred') log.warn('mail.deferred', fields);
  else log.error('mail.failed', fields);
}
