/** Who is connected now, and recent sign-ins and refusals. */

import type { AuditAction } from '#policy/ports/audit.ts';

export const activity = {
  title: 'Sign-ins',
  connectedTitle: 'Connected now',
  connectedLead: 'Mail apps and devices that are signed in to your account at this moment.',
  nobody: 'No mail app is connected.',
  app: 'Mail app',
  from: 'From',
  since: 'Since',
  signedInWith: 'Signed in with',
  openers: {
    'ordinary-password': 'your usual password',
    'app-password': 'an app password',
    token: 'webmail sign-in',
  },
  namedPassword: (name: string) => `app password “${name}”`,
  cutOff: 'Disconnect',
  cutOffNamed: (protocol: string, address: string) => `Disconnect ${protocol} from ${address}`,
  cutOffDone: 'The app is being disconnected. It may sign in again unless you reset or revoke its app password.',

  recentTitle: 'Recent events',
  recentLead: 'If you do not recognise one of these, reset your app passwords and change your usual password.',
  noEvents: 'Nothing has happened yet.',
  when: 'When',
  what: 'What',
  by: { self: 'by you', admin: 'by an administrator' },

  fromNetwork: (network: string) => `from ${network}`,
  hinted: (protocol: string) => `A mail app was refused: it used your usual password (${protocol})`,
  browser: {
    'browser.signed-in': (browser: string) => `Signed in with ${browser}`,
    'browser.refused': (browser: string) => `Right password but wrong code, with ${browser}`,
  },
  appPassword: {
    'app-password.added': (name: string) => `App password “${name}” added`,
    'app-password.renamed': (name: string) => `App password renamed to “${name}”`,
    'app-password.revealed': (name: string) => `App password “${name}” shown`,
    'app-password.reset': (name: string) => `App password “${name}” reset`,
    'app-password.revoked': (name: string) => `App password “${name}” revoked`,
  },
  browsersTitle: 'Trusted browsers',
  browsersLead: 'These browsers sign in without a code.',
  trustedUntil: 'Trusted until',
  lastSeen: 'Last used',
  distrust: 'Trust no longer',
  distrustNamed: (browser: string) => `Trust ${browser} no longer`,
  events: {
    'domain.changed': 'The administrator changed the rules of your domain',
    'domain.notice-sent': 'Instructions sent to those without 2-Step Authentication',
    'account.enrolled': '2-Step Authentication set up',
    'account.unenrolled': '2-Step Authentication turned off',
    'account.suspended': 'Account suspended',
    'account.resumed': 'Account no longer suspended',
    'account.recovery-code-used': 'Recovery code used',
    'account.recovery-codes-renewed': 'New recovery codes made',
    'account.recovery-address-changed': 'Recovery Email Address changed',
    'account.factor-removed': 'A verification method removed',
    'account.factors-reset': 'Verification methods reset',
    'account.unlocked': 'Wrong tries forgotten',
    'session.cut-off': 'Mail apps disconnected',
    'admin.granted': 'Made an administrator',
    'admin.revoked': 'No longer an administrator',
    'token.created': 'Access token made for a program',
    'token.revoked': 'Access token of a program ended',
  } satisfies Record<OtherAction, string>,
};

// Every action that may stand in an audit has its words.
type OtherAction = Exclude<AuditAction, `app-password.${string}` | `browser.${string}` | 'login.hinted'>;
