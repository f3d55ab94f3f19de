/** ManageSieve for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { redacting } from '#protocol/redaction.ts';
import { sieveBackend } from './backend.ts';
import { sieveCommandTracker } from './command-tracker.ts';
import { sieveFront } from './front.ts';
import { sieveRedaction } from './redaction.ts';

export const sieve: ProtocolModule = {
  protocol: 'sieve',
  front: (options) => driveFront(sieveFront(options), redacting(sieveRedaction, options.observe)),
  backend: (options) => driveBackend(sieveBackend(options)),
  // While it writes over TLS, the login process of Dovecot 2.3 reads a command that comes within that millisecond, and
  // forgets it until more comes: one reply in twenty between two processes of one machine.
  restOverTlsMs: 100,
  commandTracker: sieveCommandTracker,
};
