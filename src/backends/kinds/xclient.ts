/** XCLIENT LOGIN= from an address that the server trusts (Postfix XCLIENT_README; submission only). */

import type { Impersonation } from './kind.ts';

export interface XclientSettings {
  readonly kind: 'xclient';
}

/** The kind; it has no settings. A server behind it takes no ordinary passwords of its own. */
export function xclient(_settings: XclientSettings): Impersonation {
  return {
    judgesPasswords: false,
    loginAs: (name) => ({ as: 'xclient', name }),
    handOver: () => 'name-alone',
  };
}
