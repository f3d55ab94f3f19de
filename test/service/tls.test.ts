/** The service beside the gateway, over TLS: only holders of a certificate of the configured CA get to send a token. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import test, { after } from 'node:test';
import { createAuthority, LOOPBACK_NAMES, type Leaf } from '../support/certificates.ts';
import { startGateway, type GatewayOptions } from '../support/gateway.ts';
import { freePorts, temporaryDirectory } from '../support/processes.ts';

const directory = await temporaryDirectory('service-tls');
const authority = await createAuthority(directory.path, 'ours');
const stranger = await createAuthority(directory.path, 'strange');
const [closed = 0, open = 0, strict = 0] = await freePorts(3);
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
  'the service does not run alone without a listener, and says which setting is missing',
  { timeout: 60_000 },
  async () => {
    const alone = startGateway({ ...options, only: 'service' });
    await assert.rejects(alone, /the policy service has no listener: name one at service\.listen/);
  },
);
