/** Setting up a device: what to type where, and what it can fetch by itself. */

export const devices = {
  title: 'Set up a device',
  lead: 'What your mail app needs to know. Most apps find the servers by themselves once you type your email address and password.',
  yourDetails: 'Your details',
  userName: 'User name',
  password: 'Password',
  appPassword: 'An app password, not your usual one. Give each device its own.',
  usualPassword: 'The usual password of your mail account.',
  addAppPassword: 'Add an app password',
  server: 'Server',
  port: 'Port',
  security: 'Security',
  securities: { implicit: 'SSL/TLS', starttls: 'STARTTLS' },
  authentication: 'Authentication',
  normalPassword: 'Normal password',
  none: 'Your administrator has not said yet which servers mail apps connect to. Ask them.',

  programs: 'Choose your program',
  apple: 'iPhone, iPad, Mac',
  appleLead: 'Scan a code with the camera, or open it on the device itself: everything is set up for you.',
  appleButton: 'Set up iPhone, iPad or Mac',
  thunderbirdAndroid: 'Thunderbird on Android',
  thunderbirdAndroidLead: 'Scan a code in the app: everything is set up for you.',
  thunderbirdAndroidButton: 'Set up Thunderbird on Android',
  android: 'Other apps on Android',
  androidSteps: (account: string) =>
    [
      'In the app, choose to add an account, and then “Other” or “Personal (IMAP)”.',
      `Type ${account} and the password described above.`,
      'When the app asks for servers, type those above. The user name is your whole email address, for receiving and for sending.',
    ].join('\n'),
  thunderbird: 'Thunderbird on a computer',
  thunderbirdSteps: (account: string) =>
    [
      'Choose Account Settings, Account Actions, Add Mail Account.',
      `Type your name, ${account} and the password described above, then choose Continue.`,
      'Thunderbird finds the servers by itself. If it does not, choose Configure manually and type those above.',
    ].join('\n'),
  outlook: 'Outlook',
  outlookSteps: (account: string) =>
    [
      'Choose File, Add Account.',
      `Type ${account}, open the advanced options and choose to set the account up by yourself, then IMAP.`,
      'Type the servers above if Outlook has not found them, and then the password described above. Leave Secure Password Authentication (SPA) off.',
    ].join('\n'),

  deviceName: 'Name of the device',
  deviceNameHint: 'Its app password is listed under this name.',
  showCode: 'Show the code',
  takesPassword: 'The device gets an app password of its own, which you can end at any time.',
  full: 'You have as many app passwords as you may. Revoke one that you no longer use.',
  appleQr: 'QR code with the set-up link',
  appleScan: 'Point the camera of the device at this picture and open the link. It works once, for five minutes.',
  appleHere: 'This is the device',
  appleDone: 'The link was used, or its five minutes are over. Ask for a new code if the device is not set up yet.',
  appleAfter: 'Then, on the device, open Settings, choose “Profile Downloaded”, and install it.',
  androidQr: 'QR code for Thunderbird on Android',
  androidScan:
    'In Thunderbird, choose to add an account, then “Import settings”, “Scan QR code”, and point it at this picture.',
  androidWarning: 'Show this picture to nobody: the password of the device is in it. It is shown for two minutes.',
  finished: 'Done',

  fetchTitle: 'Set up mail on this device',
  fetchLead: (account: string) => `For ${account}.`,
  fetchText:
    'Download the profile, then open Settings, choose “Profile Downloaded”, and install it. On a Mac, open the file.',
  fetchOnce: 'The link works once. It makes an app password for this device, which its owner sees in the list.',
  fetchButton: 'Download the profile',
  fetchGone: 'This link is no longer good',
  fetchGoneText: 'It was used before, or its five minutes are over. Ask for a new code under “Set up a device”.',
  profileText: (account: string) => `Sets up the mail of ${account} on this device.`,

  dnsLead:
    'With these in the zone of the domain, mail apps find the servers by themselves. Copy them to whoever keeps your DNS.',
  dnsCopy: 'Copy the DNS records',
  dnsCertificate: (name: string) => `Thunderbird asks at ${name}: the certificate of this page has to name it, too.`,
};
