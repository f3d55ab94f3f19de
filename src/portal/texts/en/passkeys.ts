/** Passkeys: adding one, using one, taking one away. */

export const passkeys = {
  method: 'Passkey',
  methodHint:
    'Your fingerprint, face or PIN on this device, or a security key. There is nothing to type, and nobody can trick you out of it.',
  add: 'Add a passkey',
  addTitle: 'Add a passkey',
  addLead:
    'Your browser asks for your fingerprint, face or PIN, or for a security key. These stay on your device: only a proof is sent here.',
  name: 'Name',
  nameHint: 'To tell your passkeys apart, such as “My phone” or “Blue key”.',
  create: 'Create the passkey',
  notProven: 'The passkey could not be checked, or this page was open for too long. Try again.',
  exists: 'This device has a passkey for your account already. Use another device or security key.',
  lastUsed: 'last used',
  removeNamed: (name: string) => `Remove the passkey “${name}”`,
  removeTitle: (name: string) => `Remove the passkey “${name}”?`,
  removeLead:
    'It is not accepted here any more. Your device may still offer it: you can delete it there in the settings for passwords.',

  use: 'Use a passkey',
  useLead: 'Confirm with your fingerprint, face or PIN, or with your security key.',
  useNow: 'Continue with passkey',
  wrong: 'This passkey was not accepted. Try again, or use another way.',
  over: 'This took too long, or was sent twice. Try again.',
  stopped: 'Nothing was confirmed: it was stopped, or took too long. Try again, or use another way.',
  withoutScript:
    'Passkeys do not work in this browser: JavaScript is turned off, or the browser is too old. Turn it on and load the page again, or use another way, such as a recovery code.',
};
