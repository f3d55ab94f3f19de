/** Every path of the portal, once. A redirect or a link leads to one of these, never to what a request asks for. */

/** A path of ours, without the path of the portal's own address in front of it. */
export type OwnPath = `/${string}`;

export const PATHS = {
  home: '/',
  signIn: '/sign-in',
  secondFactor: '/sign-in/code',
  emailedCode: '/sign-in/email',
  recoveryCode: '/sign-in/recovery-code',
  passkey: '/sign-in/passkey',
  lostEverything: '/sign-in/help',
  stepUp: '/confirm',
  stepUpEmail: '/confirm/email',
  stepUpRecovery: '/confirm/recovery-code',
  stepUpPasskey: '/confirm/passkey',
  signOut: '/sign-out',
  language: '/language',
  twoStep: '/settings/account',
  setUp: '/settings/account/set-up',
  setUpTotp: '/settings/account/set-up/authenticator',
  setUpEmail: '/settings/account/set-up/recovery-email',
  setUpEmailCode: '/settings/account/set-up/recovery-email/code',
  recoveryAddress: '/settings/account/recovery-address',
  recoveryAddressCode: '/settings/account/recovery-address/code',
  setUpPasskey: '/settings/account/set-up/passkey',
  removePasskey: '/settings/account/passkeys/:id/remove',
  setUpDone: '/settings/account/set-up/done',
  setUpReplaced: '/settings/account/set-up/replaced',
  removeFactor: '/settings/account/remove/:id',
  turnOff: '/settings/account/turn-off',
  recoveryCodes: '/settings/account/recovery-codes',
  recoveryCodesKept: '/settings/account/recovery-codes/kept',
  recoveryCodesText: '/settings/account/recovery-codes.txt',
  newAppPassword: '/settings/account/app-passwords/new',
  appPassword: '/settings/account/app-passwords/:id',
  showAppPassword: '/settings/account/app-passwords/:id/show',
  hideAppPassword: '/settings/account/app-passwords/:id/hide',
  resetAppPassword: '/settings/account/app-passwords/:id/reset',
  renameAppPassword: '/settings/account/app-passwords/:id/rename',
  revokeAppPassword: '/settings/account/app-passwords/:id/revoke',
  activity: '/settings/activity',
  distrust: '/settings/activity/browsers/:id/distrust',
  cutOff: '/settings/activity/:id/cut-off',
} as const satisfies Record<string, OwnPath>;

/** Ids of records as they stand in a path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The path with this id in the place of `:id`. Throws on what is no id: that would be a bug. */
export function withId(path: OwnPath, id: string): OwnPath {
  if (!ID.test(id)) throw new Error('not an id');
  return `/${path.slice(1).replace(':id', id)}`;
}

/** The place of ours that a text names, to go on to after a sign-in: one of `places`, or of those with an id in it. */
export function placeNamed(text: string, places: readonly OwnPath[]): OwnPath | undefined {
  for (const place of places) {
    if (!place.includes(':id')) {
      if (place === text) return place;
      continue;
    }
    const [before = '', after = ''] = place.split(':id');
    const id = text.slice(before.length, text.length - after.length);
    if (ID.test(id) && text === before + id + after) return withId(place, id);
  }
  return undefined;
}
