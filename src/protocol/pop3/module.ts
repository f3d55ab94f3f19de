/** POP3 for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { pop3Backend } from './backend.ts';
import { pop3Front } from './front.ts';

export const pop3: ProtocolModule = {
  protocol: 'pop3',
  front: (options) => driveFront(pop3Front(options)),
  backend: (options) => driveBackend(pop3Backend(options)),
};
