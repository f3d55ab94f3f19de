/** Signing in, the second factor, and what to do when it is lost. */

export const signIn = {
  title: 'Sign in',
  lead: 'Sign in to your mail account to manage its security.',
  address: 'Email address',
  password: 'Password',
  passwordHint: 'The usual password of your mail account, not an app password.',
  submit: 'Sign in',
  wrong: 'The email address or the password is not right. Check both and try again.',
  throttled: (wait: string) => `Too many wrong tries. Wait ${wait} and try again.`,
  unavailable:
    'The mail server cannot check passwords just now. This does not mean that yours is wrong: try again in a minute.',
  signedOut: 'You are signed out.',

  factorTitle: '2-Step Authentication',
  signingInAs: (account: string) => `You are signing in as ${account}.`,
  totpLead: 'Open your authenticator app and type the six digits that it shows for this account.',
  code: 'Verification code',
  codeHint: 'Six digits, such as 123 456.',
  check: 'Check',
  wrongCode:
    'This is not the right code. Type the one that the app shows now, and check that the clock of your phone is right.',
  usedCode: 'This code has been used before. Wait until the app shows the next one, and type that.',
  lostPhone: 'Lost your phone? Use a recovery code',
  useEmail: 'Get a code by email',
  trustTitle: 'This browser',
  trust: (days: number) => `Keep this browser trusted for ${days} days`,
  trustHint: 'Only on a device that nobody else uses. You are still asked for a code before a change.',
  useApp: 'Use the authenticator app',

  recoveryTitle: 'Use a recovery code',
  recoveryLead: 'Type one of the ten codes that you kept when you turned on 2-Step Authentication. Each is good once.',
  recoveryCode: 'Recovery code',
  recoveryHint: 'Three groups of four signs, such as abcd-efgh-jkmn.',
  wrongRecovery: 'This is not one of your recovery codes, or it was used before.',
  lostEverything: 'No recovery codes either?',

  helpTitle: 'When everything is lost',
  helpLead:
    'Without your phone and without recovery codes you cannot sign in here, and neither can anybody else who knows your password.',
  helpSteps: [
    'Look for the recovery codes once more: on paper, in your password manager, in your downloads (recovery-codes.txt).',
    'Look whether another device still has the authenticator app with this account.',
    'Ask the administrator of your mail domain to reset your second step. They will make sure that it is you.',
    'Then sign in again: you are asked to set up a new second step.',
  ].join('\n'),
  helpMailApps: 'Mail apps that are set up already go on working in the meantime.',

  stepUpTitle: 'Confirm that it is you',
  stepUpLead: 'You are about to see or change something important, and your last confirmation was a while ago.',
  stepUpPasswordLead: 'Type your password again.',
  confirm: 'Confirm',
};
