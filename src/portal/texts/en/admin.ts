/** Pages of domain admins: the option of a domain, its users, its audit. */

import { auditActions } from './admin-audit.ts';

const people = (count: number): string => (count === 1 ? 'one person' : `${count} people`);
const apps = (count: number): string => (count === 1 ? 'one connected mail app' : `${count} connected mail apps`);

const disconnected = (count: number): string => {
  if (count === 0) return 'No mail app was disconnected.';
  return count === 1 ? 'One connected mail app was disconnected.' : `${count} connected mail apps were disconnected.`;
};

/** A sentence begins with a capital letter. */
const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const admin = {
  title: 'Admin',
  parts: { option: '2-Step Authentication', options: 'Options', users: 'Users', audit: 'Audit', dns: 'DNS records' },
  partsOf: (domain: string) => `Pages of ${domain}`,

  signIn: {
    link: 'Sign in as a local administrator',
    title: 'Sign in as a local administrator',
    lead: 'For administrators without a mailbox. Administrators with one sign in like everybody.',
    name: 'Name',
    password: 'Password',
    code: 'Verification code',
    codeHint: 'Six digits that your authenticator app shows now.',
    submit: 'Sign in',
    wrong:
      'Name, password or code is not right. Check all three, and wait for the next code if you have used this one before.',
    mailbox: 'Sign in with a mailbox',
    confirmTitle: 'Confirm that it is you',
    confirmLead: 'You are about to change something important, and your last confirmation was a while ago.',
    confirm: 'Confirm',
    wrongCode: 'This is not the right code, or it was used before. Type the one that the app shows now.',
  },

  home: {
    lead: 'The domains that you manage.',
    none: 'No domain has been used yet.',
    more: 'There are more domains than are shown. Open the others by their name.',
    open: 'Open a domain',
    domain: 'Domain name',
    domainHint: 'Such as example.org.',
    go: 'Open',
    notDomain: 'This is not the name of a domain. Type it like example.org.',
  },

  mode: {
    label: '2-Step Authentication Option',
    enabled: 'Enabled',
    enabledHint: 'Each user may turn it on. Those who do then need app passwords for their mail apps.',
    forced: 'Forced',
    forcedHint: 'Each user must set it up. Mail apps with an ordinary password are disconnected and refused.',
    disabled: 'Disabled',
    disabledHint: 'Off for all users: mail apps use the ordinary password.',
    save: 'Save',
    choose: 'Choose one of the three.',
    unchanged: 'Nothing was changed: this was the choice already.',
    readOnly: 'Only an administrator who may change the rules of this domain can change this.',
    now: (mode: string) => `Now: ${mode}`,
    fromDate: (mode: string, day: string) => `${mode} from ${day}; until then as Enabled`,
    tell: 'Send instructions to those who have not set it up',
  },

  review: {
    title: { enabled: 'Change to Enabled', forced: 'Change to Forced', disabled: 'Change to Disabled' },
    lead: 'Nothing has been changed yet.',
    enabled: 'Each user may then decide. Those who have set 2-Step Authentication up go on as they are.',
    notEnrolledTitle: 'Not set up yet',
    notEnrolled: (count: number) =>
      count === 0
        ? 'Everybody who is known has set 2-Step Authentication up.'
        : sentence(
            `${people(count)} will have to set 2-Step Authentication up before they can read mail again in their mail apps.`,
          ),
    unknown: 'Somebody who has never signed in through this service is not known and not counted.',
    connectedTitle: 'Connected with an ordinary password',
    connected: (count: number, accounts: number) =>
      count === 0
        ? 'No mail app is connected with an ordinary password now.'
        : sentence(`${apps(count)} of ${people(accounts)} will be disconnected and refused.`),
    names: 'Show the names',
    shown: (shown: number, count: number) => `The first ${shown} of ${count}:`,
    from: (protocol: string, address: string) => `${protocol} from ${address}`,
    tellTitle: 'Tell them first',
    tell: 'Forcing disconnects every mail app that has not been set up for it. Tell people first what to do.',
    when: 'When',
    atOnce: 'Now',
    onDate: 'From a date',
    onDateHint: 'Until then everything stays as with Enabled.',
    date: 'Date',
    dateHint: 'From midnight (UTC) at the beginning of that day.',
    dateWrong: 'Give a day that is still to come, as year-month-day, such as 2027-01-31.',
    opensTitle: 'What this opens',
    opens: (count: number) =>
      `Whoever knows somebody’s ordinary password can read and send their mail again with a mail app. People whom 2-Step Authentication protects today: ${count}.`,
    keeps: 'App passwords stop working, but are kept: they work again as soon as it is turned on.',
    closing: (count: number) =>
      count === 0 ? 'No mail app will be disconnected.' : sentence(`${apps(count)} will be disconnected.`),
    confirm: { enabled: 'Save: Enabled', forced: 'Save: Forced', disabled: 'Save: Disabled' },
  },
  saved: (domain: string, mode: string, closed: number) => `Saved: ${domain} is now ${mode}. ${disconnected(closed)}`,
  savedFrom: (domain: string, day: string, closed: number) =>
    `Saved: ${domain} is Forced from ${day}; until then it is Enabled. ${disconnected(closed)}`,

  notice: {
    title: 'Send instructions',
    lead: (count: number) => `This goes to ${people(count)} who have not set 2-Step Authentication up.`,
    nobody: 'Everybody who is known has set 2-Step Authentication up: there is nobody to write to.',
    noMail: 'This service has no way to send mail. Ask whoever runs it to configure one.',
    subject: 'Subject',
    body: 'Text',
    bodyHint:
      'In place of {account} stands each person’s address, of {portal} the address of this page, of {date} the day from which it is forced.',
    send: (count: number) => (count === 1 ? 'Send to one person' : `Send to ${count} people`),
    needed: 'This may not be empty.',
    begun: (count: number) =>
      `The instructions are on their way to ${people(count)}. The audit will say how many were reached.`,
    lately: 'Instructions were sent to this domain less than ten minutes ago. Nothing was sent again.',
  },

  options: {
    title: 'Options',
    methods: 'Verification methods',
    methodsHint: 'What users may set up. Those who have set another one up keep it.',
    methodsNone: 'Permit at least one.',
    totp: 'Authenticator App',
    email: 'Recovery Email Address',
    passkey: 'Passkey',
    reveal: 'Showing app passwords',
    always: 'Always',
    alwaysHint: 'Users can look an app password up again, after giving a code.',
    once: 'Once',
    onceHint:
      'Only when it is made. Those that exist already are kept in a form that can be shown until they are reset.',
    hints: 'Hint for mail apps',
    hintsOn: 'On',
    hintsOnHint: 'A mail app with the right ordinary password is told to use an app password.',
    hintsOff: 'Off',
    hintsOffHint: 'It is told what a wrong password is told.',
    trust: 'Trusted browsers: days',
    trustHint: 'How many days a browser may leave the code out, from 0 (never) to 365.',
    max: 'App passwords for each user',
    maxHint: 'From 1 to 1000. Empty: as many as the service permits.',
    expiry: 'Longest life of a new app password: days',
    expiryHint: 'From 1 to 3650. Empty: it need not end.',
    wholeNumber: (min: number, max: number) => `Type a whole number from ${min} to ${max}.`,
    save: 'Save',
    saved: 'The options are saved. They hold from now on.',
  },

  users: {
    title: 'Users',
    lead: 'Those who are known: they have set something up here, or have signed in with their ordinary password.',
    search: 'Part of an address',
    find: 'Search',
    none: 'Nobody fits.',
    next: 'Next page',
    first: 'First page',
    state: 'State',
    on: '2-Step on',
    off: '2-Step not set up',
    lost: '2-Step reset: has to be set up again',
    suspended: 'Suspended',
    factors: 'Methods',
    noFactors: 'none',
    factorNames: { totp: 'Authenticator App', email: 'Recovery Email Address', passkey: 'Passkey' },
    lastSignIn: 'Last sign-in',
    sessions: 'Connected mail apps',
    appPasswords: 'App passwords',
    recoveryAddress: 'Recovery Email Address',
    codesLeft: 'Recovery codes left',
    actions: 'What you can do',
    reset: 'Reset lost factor',
    resetTitle: (account: string) => `Reset the factors of ${account}`,
    resetLead:
      'Do this when somebody has lost their phone and their recovery codes. Make sure that it is really them: not by a mail from this mailbox. All their verification methods and recovery codes end, they are signed out of every browser, and the next sign-in leads through a new set-up. They are told by mail.',
    resetApps: 'Their app passwords',
    resetKeep: 'Keep',
    resetKeepHint: 'Mail apps go on working.',
    resetRevoke: 'Revoke',
    resetRevokeHint: 'When the lost device had mail on it: every mail app is disconnected and needs a new one.',
    cutOff: 'Disconnect mail apps',
    cutOffHint: 'All of them, now. They may sign in again.',
    suspend: 'Suspend',
    suspendHint: 'Refuses every sign-in, and disconnects mail apps and browsers at once.',
    resume: 'End the suspension',
    unlock: 'Unlock',
    unlockHint: 'Forgets wrong tries, so that they may try again at once.',
    own: 'This is your own account: change it in Settings.',
    above: 'This is the account of an administrator with rights that you do not have: you cannot change it.',
    done: {
      reset: 'The factors were reset. The user is told by mail, and sets new ones up at the next sign-in.',
      notEnrolled: 'Nothing was changed: 2-Step Authentication was not set up.',
      cutOff: (count: number) => (count === 0 ? 'No mail app was connected.' : `Disconnected: ${apps(count)}.`),
      suspended: 'The account is suspended.',
      resumed: 'The account may sign in again.',
      unlocked: 'Wrong tries are forgotten.',
      unchanged: 'Nothing was changed: it was so already.',
    },
  },

  audit: {
    title: 'Audit',
    lead: 'Who did what to whom in this domain, the newest first.',
    kept: 'Old entries go when there are too many of them or when they are old enough: export what you want to keep.',
    who: 'Who',
    did: 'Did what',
    account: 'To whom',
    from: 'From day',
    until: 'To day',
    anything: 'Anything',
    filter: 'Filter',
    export: 'Export as CSV',
    count: (count: number) => (count === 1 ? 'One entry.' : `${count} entries.`),
    older: 'Older',
    newest: 'Newest',
    by: (actor: string) => `by ${actor}`,
    actions: auditActions,
  },
};
