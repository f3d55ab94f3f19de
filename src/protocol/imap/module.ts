/** IMAP for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { redacting } from '#protocol/redaction.ts';
import { imapBackend } from './backend.ts';
import { imapCommandTracker } from './command-tracker.ts';
import { imapFront } from './front.ts';
import { imapRedaction } from './redaction.ts';

export const imap: ProtocolModule = {
  protocol: 'imap',
  front: (options) => driveFront(imapFront(options), redacting(imapRedaction, options.observe)),
  backend: (options) => driveBackend(imapBackend(options)),
  commandTracker: imapCommandTracker,
};
