/** Settings of what is bounded: connections, waits, and tries at a password. */

import { z } from 'zod';
import { byProtocol, PROTOCOL_FACTS } from '#core/protocols.ts';
import { seconds, text } from './schema-parts.ts';

const DAY = 86_400;

const RelayIdleSchema = z.strictObject(
  byProtocol((protocol) => {
    const { label, idleSeconds } = PROTOCOL_FACTS[protocol];
    return seconds(1, DAY).default(idleSeconds.default).describe(`${label}.`);
  }),
);

export const LimitsSchema = z.strictObject({
  maxConnections: z.int().min(1).max(1_000_000).default(20_000).describe('Clients at one time, for each worker.'),
  maxConnectionsPerNetwork: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe('Clients at one time from one network (an IPv4 address or an IPv6 /56), for each worker.'),
  maxUnauthenticated: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2000)
    .describe(
      'Clients at one time that have not logged in, for each worker. Beyond it, the network that has the most of them makes room, with the one that has waited longest.',
    ),
  preauthSeconds: seconds(1, 1800).default(300).describe('From connecting to a finished login.'),
  preauthIdleSeconds: seconds(1, 1800)
    .default(180)
    .describe('A wait for the next byte before login: people type passwords at a prompt.'),
  tlsHandshakeSeconds: seconds(1, 300).default(20).describe('A TLS handshake.'),
  proxyHeaderSeconds: seconds(0.1, 60).default(5).describe('The PROXY protocol header of a load balancer.'),
  relayIdleSeconds: RelayIdleSchema.prefault({}).describe(
    "Nothing said by either side for this long ends a session. Keep it longer than the backend's own limit.",
  ),
  drainSeconds: seconds(0, 3600).default(30).describe('How long sessions may go on when the gateway is told to stop.'),
});

const FailureLimitsSchema = z.strictObject({
  accountFailures: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('Wrong passwords for one account from networks where it has not logged in before.'),
  accountNetworkFailures: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Wrong passwords for one account from one network.'),
  failureWindowSeconds: z.int().min(1).max(DAY).default(900).describe('How long a wrong password counts.'),
  networkVerdicts: z.int().min(1).max(100_000).default(60).describe('Logins of all kinds from one network.'),
  networkWindowSeconds: z.int().min(1).max(DAY).default(20).describe('How long such a login counts.'),
});

export const PolicySchema = z.strictObject({
  staleSeconds: z
    .int()
    .min(0)
    .max(DAY)
    .default(300)
    .describe(
      'While the store is out of reach, an app password that was accepted this recently is still accepted. 0: never.',
    ),
  issuer: text.optional().meta({
    description: 'The name that accounts have in an authenticator app. Default: the host name.',
    examples: ['Example Mail'],
  }),
  maxAppPasswords: z.int().min(1).max(1000).default(50).describe('App passwords of one account.'),
  limits: FailureLimitsSchema.prefault({}).describe(
    'Beyond these, logins are put off for a while. A password counts once, however often it is repeated, so an old ' +
      'phone does not lock its owner out.',
  ),
});
