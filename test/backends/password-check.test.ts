/**
 * Which service of a backend is asked whether an ordinary password is right: never one that judges none, and none at all
 * for a protocol that the backend does not serve, unless the operator has named it. IMAP stands for every protocol here.
 */

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { Secret } from '#core/secret.ts';
import type { Protocol } from '#core/protocols.ts';
import { checkOrdinaryPassword } from '#backends/backend-login.ts';
import { Backends } from '#backends/backends.ts';
import { unreadGatewayMetrics } from '#ops/gateway-metrics.ts';
import { memoryLog } from '#ops/log.ts';
import { imap } from '#protocol/imap/module.ts';
import { password, testAttempt } from '../support/policy.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import type { ImpersonationSettings } from '#backends/kinds/all.ts';
import type { BackendSettings } from '#backends/settings.ts';

const judging = await startScriptedImap({
  judge: (command) => (command.includes('right') ? 'OK in' : 'NO [AUTHENTICATIONFAILED] no'),
});
/** As a server that trusts the gateway: whatever the password, it lets in. */
const trusting = await startScriptedImap({ login: 'OK in' });
after(() => Promise.all([judging.stop(), trusting.stop()]));

const MASTER: ImpersonationSettings = { kind: 'master-user', user: 'm', password: new Secret('x'), separator: '*' };
const TRUSTED: ImpersonationSettings = { kind: 'xclient' };

function service(port: number, impersonation: ImpersonationSettings) {
  return { port, tls: 'none', clientAddress: 'none', impersonation } as const;
}

/** What is answered to the right and to a wrong password, and who was asked how often. */
async function asked(
  protocol: Protocol,
  settings: Pick<BackendSettings, 'services' | 'passwordCheck'>,
): Promise<{ readonly answers: readonly string[]; readonly judged: number; readonly trusted: number }> {
  const [judgedBefore, trustedBefore] = [judging.logins(), trusting.logins()];
  const backends = new Backends({
    hostname: 'gateway.test',
    backends: [
      {
        name: 'main',
        hosts: ['127.0.0.1'],
        balance: 'least-connections',
        userTemplate: '%u',
        connectTimeoutMs: 2000,
        loginTimeoutMs: 2000,
        probeIntervalMs: 60_000,
        ...settings,
      },
    ],
    domainBackends: {},
    defaultBackend: 'main',
    listeners: [],
    modules: { imap, pop3: imap, submission: imap, sieve: imap },
    metrics: unreadGatewayMetrics(),
    log: memoryLog(),
  });
  const answers: string[] = [];
  for (const typed of ['right', 'wrong']) {
    const attempt = testAttempt({ protocol, offered: password(typed) });
    answers.push(await checkOrdinaryPassword(backends, attempt, AbortSignal.timeout(10_000)));
  }
  return { answers, judged: judging.logins() - judgedBefore, trusted: trusting.logins() - trustedBefore };
}

const JUDGED = { answers: ['right', 'wrong'], judged: 2, trusted: 0 };
const NOBODY = { answers: ['unavailable', 'unavailable'], judged: 0, trusted: 0 };

test('the service that the client uses is asked, though another one is there', async () => {
  const services = { imap: service(trusting.port, MASTER), pop3: service(judging.port, MASTER) };
  assert.deepEqual(await asked('pop3', { services }), JUDGED);
});

test('a service that is reached by XCLIENT lets in whom we name, so it is never asked: IMAP is', async () => {
  const services = { imap: service(judging.port, MASTER), submission: service(trusting.port, TRUSTED) };
  assert.deepEqual(await asked('submission', { services }), JUDGED);
});

test('for a protocol that the backend does not serve nobody is asked, and nobody let in', async () => {
  const judges = { imap: service(judging.port, MASTER) };
  assert.deepEqual(await asked('pop3', { services: judges }), NOBODY);
  const both = { pop3: service(judging.port, MASTER), submission: service(trusting.port, TRUSTED) };
  assert.deepEqual(await asked('sieve', { services: both }), NOBODY);
  assert.deepEqual(await asked('submission', { services: { submission: service(trusting.port, TRUSTED) } }), NOBODY);
  assert.deepEqual(await asked('imap', { services: {} }), NOBODY);
});

test('where others serve the mail, the service that the operator names is asked for every protocol', async () => {
  const services = { imap: service(judging.port, MASTER) };
  for (const protocol of ['imap', 'pop3', 'submission', 'sieve'] as const) {
    assert.deepEqual(await asked(protocol, { services, passwordCheck: 'imap' }), JUDGED, protocol);
  }
});
