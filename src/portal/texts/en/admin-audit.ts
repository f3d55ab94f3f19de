/** What may stand in the audit, in the words of an admin. */

import type { AuditAction } from '#policy/ports/audit.ts';

export const auditActions = {
  'domain.changed': 'Rules of the domain changed',
  'domain.notice-sent': 'Instructions sent',
  'account.enrolled': 'Verification method set up',
  'account.unenrolled': '2-Step Authentication turned off',
  'account.suspended': 'Account suspended',
  'account.resumed': 'Suspension ended',
  'account.recovery-code-used': 'Recovery code used',
  'account.recovery-codes-renewed': 'Recovery codes renewed',
  'account.recovery-address-changed': 'Recovery Email Address changed',
  'account.factor-removed': 'Verification method removed',
  'account.factors-reset': 'Factors reset',
  'account.unlocked': 'Account unlocked',
  'app-password.added': 'App password added',
  'app-password.renamed': 'App password renamed',
  'app-password.revealed': 'App password shown',
  'app-password.reset': 'App password reset',
  'app-password.revoked': 'App password revoked',
  'session.cut-off': 'Mail apps disconnected',
  'browser.signed-in': 'Signed in with a browser',
  'browser.refused': 'Right password but wrong code',
  'admin.granted': 'Administrator named',
  'admin.revoked': 'Administrator no longer',
  'token.created': 'Access token made',
  'token.revoked': 'Access token ended',
  'login.hinted': 'Mail app refused: ordinary password',
} satisfies Record<AuditAction, string>;
