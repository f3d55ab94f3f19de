/** Settings of the kind xclient. */

import { z } from 'zod';
import type { ConfiguredKind } from './kind.ts';

const KIND = 'xclient';

export const XclientSchema = z.strictObject({
  kind: z.literal(KIND).describe('XCLIENT LOGIN= from a trusted address (Postfix); submission only.'),
});

interface XclientSettings {
  readonly kind: typeof KIND;
}

/** The kind as it is configured. A server behind it takes no ordinary passwords of its own. */
export function xclient(_config: z.infer<typeof XclientSchema>): ConfiguredKind<XclientSettings> {
  return {
    judgesPasswords: false,
    clientAddress: 'xclient',
    unfitFor: (protocol) =>
      protocol === 'submission'
        ? undefined
        : `xclient is only for submission: choose master-user or authzid for ${protocol}`,
    settings: () => ({ kind: KIND }),
  };
}
