/** The service over TLS, beside the gateway and alone: who may send a token, and how those who watch it see it. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import test, { after } from 'node:test';
import { createAuthority, LOOPBACK_NAMES, type Leaf } from '../support/certificates.ts';
import { startGateway, type GatewayOptions } from '../support/gateway.ts';
import { freePorts, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('service-tls');
const authority = await createAuthority(directory.path, 'ours');
const stranger = await createAuthority(directory.path, 'strange');
const [closed = 0, open = 0, strict = 0, watched = 0, metrics = 0] = await freePorts(5);
const options: GatewayOptions = {
  backends: {
    main: {
      hosts: ['localhost'],
      impersonation: { kind: 'master-user', user: 'm', password: 'x' },
      imap: { port: closed, tls: 'none' },
    },
  },
  protocols: ['imap'],
  certificates: [await authority.issue(LOOPBACK_NAMES)],
  caFile: authority.caFile,
};
const gateway = await startGateway({
  ...options,
  settings: {
    service: {
      listen: [
        { port: open, tls: 'implicit' },
        { port: strict, tls: 'implicit', clientCa_file: authority.caFile },
      ],
    },
  },
});
after(async () => {
  await gateway.stop();
  await directory.remove();
});

/** The status of a request, or `refused` when there is no answer. */
function ask(port: number, certificate?: Leaf): Promise<number | 'refused'> {
  const own =
    certificate === undefined
      ? {}
      : { cert: readFileSync(certificate.certFile), key: readFileSync(certificate.keyFile) };
  return new Promise((resolve) => {
    const ca = readFileSync(authority.caFile);
    const asked = request({ host: 'localhost', port, path: '/openapi.json', ca, agent: false, ...own }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 'refused');
    });
    asked.on('error', () => resolve('refused'));
    asked.end();
  });
}

test(
  'a listener with TLS answers, and one that asks for a certificate answers its holders only',
  { timeout: 60_000 },
  async () => {
    assert.equal(await ask(open), 200);
    assert.equal(await ask(strict, await authority.issue(['client'], 'valid', 'clientAuth')), 200);
    assert.equal(await ask(strict), 'refused');
    assert.equal(await ask(strict, await stranger.issue(['client'], 'valid', 'clientAuth')), 'refused');
    assert.equal(await ask(strict, await authority.issue(['client'], 'expired', 'clientAuth')), 'refused');
    assert.equal(await ask(strict, await authority.issue(['client'], 'valid', 'serverAuth')), 'refused');
  },
);

test('certificates and the CA are read again on SIGHUP, and the service answers on', { timeout: 60_000 }, async () => {
  gateway.signal('SIGHUP');
  await gateway.logged('gateway.reloaded');
  assert.equal(await ask(strict, await authority.issue(['client'], 'valid', 'clientAuth')), 200);
});

test(
  'alone it shows those who watch it what it answered, and when its certificate expires',
  { timeout: 60_000 },
  async () => {
    const settings = { metrics: { port: metrics }, service: { listen: [{ port: watched, tls: 'implicit' }] } };
    const alone = await startGateway({ ...options, settings, only: 'service' });
    try {
      assert.equal(await ask(watched), 200);
      const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      assert.match(
        text,
        /^postern_service_request_seconds_count\{[^}]*route="\/openapi\.json",status="2xx"[^}]*\} 1$/m,
      );
      const { validTo } = new X509Certificate(readFileSync(options.certificates[0]?.certFile ?? ''));
      const expiry = /^postern_certificate_expiry_timestamp_seconds\{[^}]*\} (\d+)$/m.exec(text)?.[1];
      assert.equal(Number(expiry), Date.parse(validTo) / 1000);
      const ready = await (await fetch(`http://127.0.0.1:${metrics}/readyz`)).text();
      assert.match(ready, /a certificate expires in less than a day/);
    } finally {
      await alone.stop();
    }
  },
);

test(
  'the service does not run alone without a listener, and says which setting is missing',
  { timeout: 60_000 },
  async () => {
    const alone = startGateway({ ...options, only: 'service' });
    await assert.rejects(alone, /the policy service has no listener: name one at service\.listen/);
  },
);
