/** Settings › Account › 2-Step Authentication: turning it on and off, and the recovery codes. */

export const twoStep = {
  title: '2-Step Authentication',
  off: {
    lead: 'A password alone can be guessed or stolen. With 2-Step Authentication whoever signs in here also needs a code, and your mail apps get a password of their own.',
    enable: 'Enable',
    effect:
      'When it is on, mail apps such as Outlook, Thunderbird or the mail app of your phone no longer accept your usual password. You will be shown a new one for them.',
    cutOff: (date: string) =>
      `Your administrator requires 2-Step Authentication from ${date}. From then on mail apps with your usual password stop working.`,
  },
  disabled: (domain: string) =>
    `2-Step Authentication is turned off for ${domain}. Your mail apps use your usual password. Your administrator can turn it on.`,
  disabledEnrolled:
    'You had it turned on. Your factors and app passwords are kept, but not used, until your administrator turns it on again.',
  required: (domain: string) =>
    `${domain} requires 2-Step Authentication. Set it up now: until then your mail apps cannot sign in, and nothing else can be done here.`,
  on: 'On',
  since: 'since',

  methodTitle: 'Choose how to get your codes',
  method: 'Verification method',
  totp: 'Authenticator App',
  totpHint:
    'An app on your phone, such as Google Authenticator or Microsoft Authenticator, shows a new code every half minute. It works without a network.',
  otherMethod: 'Choose another method',
  chooseMethod: 'Choose one of the methods.',
  noMethods: 'Your administrator permits no method that can be set up here.',

  totpTitle: 'Set up the authenticator app',
  totpStepInstall: 'Install an authenticator app on your phone, if you have none yet.',
  totpStepScan: 'In the app, choose to add an account, and scan this picture:',
  totpQr: 'QR code for the authenticator app',
  totpKey: 'Or type this key into the app',
  totpCopy: 'Copy the key',
  totpStepCode: 'Type the code that the app shows now.',
  code: 'Verification code',
  check: 'Check',
  wrongCode: 'This is not the right code. Wait for the next one, and check that the clock of your phone is right.',
  expired: 'The set-up took longer than thirty minutes. Begin again.',

  doneTitle: '2-Step Authentication is on',
  doneLead: 'Two things to do now: give your mail apps their new password, and keep the recovery codes.',
  replacedTitle: 'The new authenticator app is in use',
  replacedLead: 'The old one is no longer accepted. App passwords and recovery codes are as before.',
  donePassword: 'Your new password for mail apps',
  donePasswordLead:
    'Type it into every mail app in the place of your usual password, for receiving and for sending. Spaces do not matter.',
  doneKept: 'You will find it again under Settings › Account › 2-Step Authentication.',
  doneOnce: 'It is not shown again: for another device add another app password.',
  saved: 'I have kept them',

  factors: 'Second step',
  remove: 'Remove',
  removeNamed: (method: string) => `Remove ${method}`,
  removeLead: 'Codes of this kind are not accepted any more.',
  addFactor: 'Add another method',
  replace: 'Replace',
  replaceTotp: 'Replace the authenticator app',

  codesTitle: 'Recovery codes',
  codesLead:
    'Each of these codes signs you in once when you do not have your phone. Keep them where your phone is not: on paper or in a password manager.',
  codesLeft: (left: number) => `${left} of 10 left`,
  codesLow: (left: number) =>
    left === 0
      ? 'You have no recovery codes left. Make new ones now: without them a lost phone locks you out.'
      : `You have only ${left} recovery ${left === 1 ? 'code' : 'codes'} left. Make new ones soon.`,
  codesRenew: 'Make new codes',
  codesRenewTitle: 'Make new recovery codes?',
  codesRenewLead: 'The old ones stop working at once.',
  codesFresh: 'Your new recovery codes',
  codesOnce: 'They are shown only now.',
  codesCopy: 'Copy the recovery codes',
  codesDownload: 'Download as text',
  codesFileHead: (account: string, date: string) => `Recovery codes of ${account}, made ${date}. Each is good once.`,

  turnOff: 'Turn off',
  turnOffTitle: 'Turn off 2-Step Authentication?',
  turnOffLead:
    'Your app passwords and recovery codes are deleted, and mail apps that use an app password are disconnected. They will need your usual password again.',
  turnOffForced: 'Your administrator requires 2-Step Authentication: it cannot be turned off.',
  turnedOff: '2-Step Authentication is off.',
};
