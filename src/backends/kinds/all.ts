/** The backend kinds. Their settings' schemas stand in src/config/backends/, one file for each kind as here. */

import { unreachable } from '#core/fault.ts';
import { authzid, type AuthzidSettings } from './authzid.ts';
import type { Impersonation } from './kind.ts';
import { masterUser, type MasterUserSettings } from './master-user.ts';
import { xclient, type XclientSettings } from './xclient.ts';

export type ImpersonationSettings = MasterUserSettings | AuthzidSettings | XclientSettings;

/** The kind that these settings name, with them. */
export function impersonationBy(settings: ImpersonationSettings): Impersonation {
  switch (settings.kind) {
    case 'master-user':
      return masterUser(settings);
    case 'authzid':
      return authzid(settings);
    case 'xclient':
      return xclient(settings);
    default:
      return unreachable(settings);
  }
}
