/** Mail in English. */

import type { CodeFacts, MailTexts, Wording } from './shape.ts';

const code = ({ service, code: digits, account, minutes }: CodeFacts, what: string): Wording => ({
  subject: `${digits} is your ${service} code`,
  paragraphs: [
    `${digits} is your code to ${what}.`,
    `It is for ${account}, works once, and ends after ${minutes} minutes.`,
    `Type it only on the page where you asked for it. Nobody from ${service} will ever ask you for it. If you did not ask for a code, somebody else may know your password: change it.`,
  ],
});

export const en: MailTexts = {
  locale: 'en-GB',
  code: {
    'sign-in': (facts) => code(facts, 'sign in'),
    'step-up': (facts) => code(facts, 'confirm that it is you'),
    'recovery-address': (facts) => code(facts, 'confirm this recovery email address'),
    'email-factor': (facts) => code(facts, 'turn on 2-Step Authentication'),
  },
  notice: {
    'account.enrolled': ({ account }) => [
      '2-Step Authentication: a verification method was set up',
      `A verification method for 2-Step Authentication was set up for ${account}.`,
    ],
    'account.unenrolled': ({ account }) => [
      '2-Step Authentication is now off',
      `2-Step Authentication was turned off for ${account}. Its app passwords no longer work; the ordinary password does.`,
    ],
    'account.factor-removed': ({ account }) => [
      '2-Step Authentication: a verification method was removed',
      `One of the verification methods of ${account} was removed.`,
    ],
    'account.factors-reset': ({ account, portalUrl }) => [
      '2-Step Authentication was reset: set it up again',
      `The verification methods of ${account} were reset, and its recovery codes no longer work. Set up 2-Step Authentication again at your next sign-in${portalUrl === '' ? '' : `: ${portalUrl}`}`,
    ],
    'account.recovery-address-changed': ({ account }) => [
      'Your recovery email address was changed',
      `The recovery email address of ${account} was changed.`,
    ],
    'account.recovery-code-used': ({ account }) => [
      'A recovery code was used',
      `Somebody signed in to ${account} with one of its recovery codes.`,
    ],
    'account.recovery-codes-renewed': ({ account }) => [
      'You have new recovery codes',
      `New recovery codes were made for ${account}. The old ones no longer work.`,
    ],
    'app-password.added': ({ account, name }) => [
      `New app password: ${name}`,
      `The app password “${name}” was added to ${account}.`,
    ],
    'app-password.reset': ({ account, name }) => [
      `App password reset: ${name}`,
      `The app password “${name}” of ${account} was reset. Any mail app that uses it needs the new one.`,
    ],
    'app-password.revoked': ({ account, name }) => [
      `App password removed: ${name}`,
      `The app password “${name}” of ${account} was removed. Any mail app that uses it has been signed out.`,
    ],
  },
  doneBy: {
    owner: ({ when }) => `It was done by somebody signed in to the account, on ${when}.`,
    admin: ({ when }) => `It was done by an administrator, on ${when}.`,
  },
  notYou: ({ portalUrl }) =>
    `If this was not you and you did not ask for it, tell your administrator now, and change your password${portalUrl === '' ? '.' : `. You can see what happened at ${portalUrl}`}`,
  recoveryCodesLow: ({ account, portalUrl }, left) => ({
    subject: left === 0 ? 'You have no recovery codes left' : `Recovery codes left: ${left}`,
    paragraphs: [
      left === 0 ? `The last recovery code of ${account} was used.` : `${account} has ${left} recovery codes left.`,
      `Make new ones, so that you can still sign in if you lose your phone${portalUrl === '' ? '.' : `: ${portalUrl}`}`,
    ],
  }),
  newBrowser: ({ account, when }, browser, network) => ({
    subject: `New sign-in: ${browser}`,
    paragraphs: [`Somebody signed in to ${account} with ${browser}, from ${network}, on ${when}.`],
  }),
  instructions: (service, dated) => ({
    subject: dated ? `Set up 2-Step Authentication before {date}` : `Please set up 2-Step Authentication`,
    body: [
      dated
        ? `From {date} on, ${service} requires 2-Step Authentication. Mail apps that use your ordinary password will be signed out then.`
        : `${service} now offers 2-Step Authentication. It protects your mail even when somebody learns your password.`,
      'What to do for {account}:',
      '1. Sign in at {portal}\n2. Choose 2-Step Authentication, then Enable\n3. Choose Recovery Email Address or Authenticator App, then Next\n4. Enter the verification code, then Check',
      'You will then see an app password of 16 characters. Type it into each of your mail apps in place of your ordinary password.',
    ].join('\n\n'),
  }),
  footer: (service) => `${service} sent this because of 2-Step Authentication. It cannot be answered.`,
};
