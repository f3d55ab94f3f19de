/** Submission for the gateway. */

import { driveBackend } from '#protocol/backend.ts';
import { driveFront } from '#protocol/front.ts';
import type { ProtocolModule } from '#protocol/machine.ts';
import { redacting } from '#protocol/redaction.ts';
import { submissionBackend } from './backend.ts';
import { submissionCommandTracker } from './command-tracker.ts';
import { submissionFront } from './front.ts';
import { submissionRedaction } from './redaction.ts';
import { submissionGate } from './gate.ts';

export const submission: ProtocolModule = {
  protocol: 'submission',
  front: (options) => driveFront(submissionFront(options), redacting(submissionRedaction, options.observe)),
  backend: (options) => driveBackend(submissionBackend(options)),
  commandTracker: submissionCommandTracker,
  gate: submissionGate,
};
