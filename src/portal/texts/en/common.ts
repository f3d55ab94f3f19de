/** What stands on every page, and the pages that say why a request could not be answered. */

import type { Protocol } from '#core/protocols.ts';

/** What mail apps do by each protocol. */
const protocols: Readonly<Record<Protocol, string>> = {
  imap: 'Receiving (IMAP)',
  pop3: 'Receiving (POP3)',
  submission: 'Sending (SMTP)',
  sieve: 'Filters (ManageSieve)',
};

export const common = {
  /** Names of the parts, in the order in which the page's head shows the way to them. */
  settings: 'Settings',
  account: 'Account',
  activityTitle: 'Sign-ins',
  signOut: 'Sign out',
  language: 'Language',
  skipToContent: 'Skip to the content',
  mainNavigation: 'Main',
  trail: 'You are here',
  back: 'Back',
  cancel: 'Cancel',
  done: 'Done',
  next: 'Next',
  problem: 'There is a problem',

  add: 'Add',
  copy: 'Copy',
  copied: 'Copied',
  print: 'Print',

  never: 'never',
  unknown: 'unknown',
  everyProtocol: 'all mail protocols',
  protocols,
  seconds: (count: number) => `${count} seconds`,
  minutes: (count: number) => (count === 1 ? 'one minute' : `${count} minutes`),

  faults: {
    badRequest: { title: 'This request was not understood', text: 'Go back and try again.' },
    foreignForm: {
      title: 'This page has grown old',
      text: 'Nothing was changed. Your browser did not show that the form came from this page: cookies may be turned off, or you have signed in or out in another tab since. Open the page again and repeat what you did.',
    },
    forbidden: { title: 'This is not for you', text: 'Your account may not do this.' },
    adminWithoutTwoStep: {
      title: 'Set up 2-Step Authentication first',
      text: 'Administrators need it, and it is turned off for your own domain. Ask whoever runs this service to enable it there.',
    },
    notFound: { title: 'There is no such page', text: 'It may have been moved, or the address was mistyped.' },
    wrongHost: { title: 'This is not the address of this page', text: 'Open it by its own address:' },
    tooLarge: { title: 'This was too much', text: 'The form holds more than this page takes. Go back and shorten it.' },
    throttled: {
      title: 'Too many tries',
      text: 'Too many requests have come from your network. Wait a little and try again.',
    },
    notAllowed: {
      title: 'This is not possible',
      text: 'Nothing was changed. Your account has changed in the meantime, or your administrator does not permit this.',
    },
    unavailable: {
      title: 'This does not work just now',
      text: 'The service cannot be reached for a moment. Nothing was changed, and nothing is wrong with your password or your codes. Try again in a minute.',
    },
    internal: {
      title: 'Something went wrong here',
      text: 'This is a fault of ours, not of yours. Try again; if it stays, tell your administrator this number:',
    },
  },
};
