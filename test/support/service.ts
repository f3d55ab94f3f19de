/** The policy service in the test's own process, over a store in memory: its application, tokens, and a backend. */

import type { FastifyInstance } from 'fastify';
import { memoryLog, type MemoryLog } from '#ops/log.ts';
import { makeGatekeeper } from '#policy/logins/gatekeeper.ts';
import { createToken } from '#policy/admins/service-tokens.ts';
import type { TokenRole } from '#policy/ports/tokens.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import { metricsText } from '#ops/metric-readings.ts';
import { workerMetrics } from '#ops/metrics.ts';
import { makeService } from '#service/app.ts';
import type { CountedLogin, ServiceParts } from '#service/settings.ts';
import { START_MS, testTools, type Clock } from './policy.ts';
import type { CheckOrdinaryPassword, Limits } from '#policy/ports/logins.ts';

/** Everybody's ordinary password at the backend of these tests. */
export const RIGHT_PASSWORD = 'right "pass" %41 \\ ü';

const TEST_LIMITS: Limits = {
  accountFailures: 3,
  accountNetworkFailures: 3,
  failureWindowSeconds: 60,
  networkVerdicts: 1000,
  networkWindowSeconds: 60,
};

export interface TestService {
  readonly app: FastifyInstance;
  readonly parts: ServiceParts;
  readonly context: PolicyContext;
  readonly clock: Clock;
  readonly log: MemoryLog;
  readonly counted: readonly CountedLogin[];
  /** The lines of the metrics whose name begins so, without the process. */
  metrics(beginning: string): Promise<readonly string[]>;
  /** Makes a token and returns its Authorization header. */
  bearer(name: string, roles: readonly TokenRole[], domains?: 'all' | readonly string[]): Promise<string>;
}

export interface TestServiceOptions {
  readonly clock?: Clock;
  readonly context?: PolicyContext;
  readonly checkOrdinaryPassword?: CheckOrdinaryPassword;
}

export async function testService(options: TestServiceOptions = {}): Promise<TestService> {
  const { clock = { now: START_MS }, checkOrdinaryPassword = judgeRight } = options;
  const context = options.context ?? testTools(clock);
  const log = memoryLog();
  const counted: CountedLogin[] = [];
  const measured = workerMetrics(0, () => undefined);
  const gatekeeper = makeGatekeeper({
    ...context,
    checkOrdinaryPassword,
    limits: TEST_LIMITS,
    staleSeconds: 0,
    onFault: (error) => log.error('store.unavailable', { error }),
  });
  const parts: ServiceParts = {
    settings: { listen: [] },
    admins: [{ account: 'boss@example.org', role: 'admin', domains: 'all' }],
    context,
    limits: TEST_LIMITS,
    identity: { localPart: 'lowercase', subaddressDelimiter: '+', masterUserSeparator: '*' },
    gatekeeper,
    checkOrdinaryPassword,
    words: {
      plain: (refusal, id) => `${refusal.kind} ${'reason' in refusal ? refusal.reason : ''} (id: ${id})`,
      inProtocol: (_protocol, refusal, id) => ({
        text: `${refusal.kind} ${'reason' in refusal ? refusal.reason : ''} (id: ${id})`,
        smtpCode: refusal.kind === 'unavailable' ? '421 4.7.0' : '535 5.7.8',
      }),
    },
    handOver: ({ name, domain }, protocol) =>
      domain === 'elsewhere.test'
        ? undefined
        : {
            address: '127.0.0.1',
            port: { imap: 143, pop3: 110, submission: 587, sieve: 4190 }[protocol],
            user: name,
            impersonation:
              protocol === 'submission' ? 'name-alone' : { user: `${name}*master`, password: 'the master’s' },
          },
    countLogin: (login) => void counted.push(login),
    metrics: measured.serviceMetrics,
    log,
  };
  const app = await makeService(parts);
  return {
    app,
    parts,
    context,
    clock,
    log,
    counted,
    metrics: async (beginning) =>
      (await metricsText([await measured.read()]))
        .split('\n')
        .filter((line) => line.startsWith(beginning))
        .map((line) => line.replace(/,?process="worker-0"/, '')),
    bearer: async (name, roles, domains = 'all') => {
      const { token } = await createToken(context, 'cli:tester', { name, roles, domains });
      return `Bearer ${token.expose()}`;
    },
  };
}

const judgeRight: CheckOrdinaryPassword = async ({ offered }) =>
  offered.kind === 'password' && offered.password.expose() === RIGHT_PASSWORD ? 'right' : 'wrong';

/** A password as nginx writes it into a header. */
export function nginxEncoded(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const kept = byte > 0x20 && byte < 0x7f && !`"%'`.includes(character);
      return kept ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
