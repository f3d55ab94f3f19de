/** POP3 for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { redacting } from '#protocol/redaction.ts';
import { pop3Backend } from './backend.ts';
import { pop3Front } from './front.ts';
import { pop3Redaction } from './redaction.ts';

export const pop3: ProtocolModule = {
  protocol: 'pop3',
  front: (options) => driveFront(pop3Front(options), redacting(pop3Redaction, options.observe)),
  backend: (options) => driveBackend(pop3Backend(options)),
};
