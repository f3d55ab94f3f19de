/** Submission for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { submissionBackend } from './backend.ts';
import { submissionCommandTracker } from './command-tracker.ts';
import { submissionFront } from './front.ts';
import { submissionGate } from './gate.ts';

export const submission: ProtocolModule = {
  protocol: 'submission',
  // RFC 7301's registry has no id for SMTP; peers that enforce one use this.
  alpn: 'smtp',
  front: (options) => driveFront(submissionFront(options)),
  backend: (options) => driveBackend(submissionBackend(options)),
  commandTracker: submissionCommandTracker,
  gate: submissionGate,
};
