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
  devices: '/settings/devices',
  deviceApple: '/settings/devices/apple',
  deviceThunderbird: '/settings/devices/thunderbird',
  deviceThunderbirdCode: '/settings/devices/thunderbird/:id',
  fetchSettings: '/set-up/:id',
  fetchProfile: '/set-up/:id/profile',
  activity: '/settings/activity',
  distrust: '/settings/activity/browsers/:id/distrust',
  cutOff: '/settings/activity/:id/cut-off',
  admin: '/admin',
  adminSignIn: '/admin/sign-in',
  adminConfirm: '/admin/confirm',
  adminDomain: '/admin/domains/:domain',
  adminEnabled: '/admin/domains/:domain/enabled',
  adminForced: '/admin/domains/:domain/forced',
  adminDisabled: '/admin/domains/:domain/disabled',
  adminNotice: '/admin/domains/:domain/notice',
  adminOptions: '/admin/domains/:domain/options',
  adminUsers: '/admin/domains/:domain/users',
  adminUser: '/admin/domains/:domain/users/:user',
  adminReset: '/admin/domains/:domain/users/:user/reset',
  adminCutOff: '/admin/domains/:domain/users/:user/cut-off',
  adminSuspend: '/admin/domains/:domain/users/:user/suspend',
  adminResume: '/admin/domains/:domain/users/:user/resume',
  adminUnlock: '/admin/domains/:domain/users/:user/unlock',
  adminDns: '/admin/domains/:domain/dns',
  adminAudit: '/admin/domains/:domain/audit',
  adminAuditExport: '/admin/domains/:domain/audit.csv',
} as const satisfies Record<string, OwnPath>;

/** What may stand in the place of a parameter of a path. */
const PARAMETERS = {
  /** Ids of records. */
  ':id': /^[A-Za-z0-9_-]{1,64}$/,
  /** The local part of an account's name, as bytes in base64url: it may hold any letter of any script. */
  ':user': /^[A-Za-z0-9_-]{1,128}$/,
  /** A domain's canonical name. */
  ':domain': /^[a-z0-9.-]{1,255}$/,
} as const satisfies Record<`:${string}`, RegExp>;

/** The path with these in the places of its parameters. Throws on what cannot stand there: that would be a bug. */
export function withParameters(
  path: OwnPath,
  values: { readonly id?: string; readonly user?: string; readonly domain?: string },
): OwnPath {
  const text = filledIn(path, values);
  const place = placeNamed(text, [path]);
  if (place === undefined) throw new Error(`no place of ours: ${path}`);
  return place;
}

/** The path with this id in the place of `:id`. Throws on what is no id: that would be a bug. */
export function withId(path: OwnPath, id: string): OwnPath {
  return withParameters(path, { id });
}

/** The path as text, its parameters filled in with what a request said. */
export function filledIn(
  path: OwnPath,
  { id = '', user = '', domain = '' }: { readonly id?: string; readonly user?: string; readonly domain?: string },
): string {
  return path
    .replace(':id', () => id)
    .replace(':user', () => user)
    .replace(':domain', () => domain);
}

/** The place of ours that a text names, to go on to after a sign-in: one of `places`, its parameters filled in. */
export function placeNamed(text: string, places: readonly OwnPath[]): OwnPath | undefined {
  const segments = text.split('/');
  const named = places.some((place) => {
    const expected = place.split('/');
    return expected.length === segments.length && expected.every((one, at) => fits(one, segments[at] ?? ''));
  });
  return named ? `/${text.slice(1)}` : undefined;
}

function fits(expected: string, segment: string): boolean {
  const pattern = Object.entries(PARAMETERS).find(([name]) => name === expected)?.[1];
  return pattern === undefined ? expected === segment : pattern.test(segment);
}
