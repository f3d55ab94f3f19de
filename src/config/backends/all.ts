/** The backend kinds in the settings. What they do stands in src/backends/kinds/, one file for each kind as here. */

import { z } from 'zod';
import { unreachable } from '#core/fault.ts';
import { authzid, AuthzidSchema } from './authzid.ts';
import { masterUser, MasterUserSchema } from './master-user.ts';
import { xclient, XclientSchema } from './xclient.ts';

export const ImpersonationSchema = z.discriminatedUnion('kind', [MasterUserSchema, AuthzidSchema, XclientSchema]);

export type ImpersonationConfig = z.infer<typeof ImpersonationSchema>;

/** The kind that these settings name, as it is configured. */
export function configuredKind(config: ImpersonationConfig) {
  switch (config.kind) {
    case 'master-user':
      return masterUser(config);
    case 'authzid':
      return authzid(config);
    case 'xclient':
      return xclient(config);
    default:
      return unreachable(config);
  }
}
