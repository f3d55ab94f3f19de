/** IMAP for the gateway. */

import { driveBackend } from '../backend.ts';
import { driveFront } from '../front.ts';
import type { ProtocolModule } from '../machine.ts';
import { imapBackend } from './backend.ts';
import { imapBoundary } from './boundary.ts';
import { imapFront } from './front.ts';

export const imap: ProtocolModule = {
  protocol: 'imap',
  alpn: 'imap',
  front: (options) => driveFront(imapFront(options)),
  backend: (options) => driveBackend(imapBackend(options)),
  boundary: imapBoundary,
};
