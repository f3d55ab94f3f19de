/** Joins the portal to the parts that it is handed: store, keys, backends, mail, and the certificates of the gateway. */

import type { Settings } from '#config/settings.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import { checkOrdinaryPassword } from '#backends/backend-login.ts';
import type { Backends } from '#backends/backends.ts';
import type { GatewayMetrics } from '#ops/gateway-metrics.ts';
import type { ServiceMetrics } from '#service/metrics.ts';
import { Certificates } from '#connection/certificates.ts';
import { serverTls } from '#transport/node.ts';
import type { Log } from '#ops/log.ts';
import type { Gatekeeper } from '#policy/logins/gatekeeper.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import { openHashingThread } from '#adapters/bcrypt-thread.ts';
import { makePortalServer } from '#portal/server.ts';
import { openMail, reportMailTo } from './open-mail.ts';
import type { CheckOrdinaryPassword } from '#policy/ports/logins.ts';

export interface RunningPortal {
  /** Listens. CONFIG_INVALID when an address or port cannot be had. */
  open(): Promise<void>;
  /** Throws and keeps the old ones when a file cannot be used. */
  reloadCertificates(): void;
  stop(): Promise<void>;
}

/** What the parts of a worker share. */
export interface WorkerContext {
  readonly settings: Settings;
  readonly store: Store;
  readonly keyring: Keyring;
  readonly backends: Backends;
  readonly gatekeeper: Gatekeeper;
  readonly metrics: GatewayMetrics;
  readonly serviceMetrics: ServiceMetrics;
  readonly log: Log;
}

/** Makes the portal ready: assets, certificates, mail; undefined where no listener is configured. */
export async function preparePortal({
  settings,
  store,
  keyring,
  backends,
  log,
}: WorkerContext): Promise<RunningPortal | undefined> {
  if (settings.portal.listen.length === 0) return undefined;
  const { makePasskeyVerifier, makeProfileSigner } = await loadTools();
  const certificates = new Certificates(settings.gateway.tls);
  const mail = openMail(settings, reportMailTo(log));
  const { issuer, maxAppPasswords, limits } = settings.policy;
  const hasher = openHashingThread();
  const ending = new AbortController();
  const portal = await makePortalServer(
    {
      settings: settings.portal,
      context: { store, keyring, clock: Date.now, issuer, maxAppPasswords, notify: (notice) => mail?.notify(notice) },
      identity: settings.gateway.identity,
      limits,
      passkeys: makePasskeyVerifier(),
      checkOrdinaryPassword: byAnyProtocol(backends),
      admins: { configured: settings.admins, domains: Object.keys(settings.gateway.domainBackends), hasher },
      ending: ending.signal,
      mail,
      signProfile: makeProfileSigner(settings.gateway.tls.certificates, new URL(settings.portal.url).hostname),
      log,
    },
    (socket) => serverTls(socket, { contextFor: certificates.contextFor, alpn: 'http/1.1' }),
  );
  return {
    open: () => portal.open(),
    reloadCertificates: () => certificates.reload(),
    async stop() {
      ending.abort();
      await portal.stop();
      await Promise.all([mail?.stop(), hasher.close()]);
    },
  };
}

/** A browser speaks no mail protocol: the first one that the account's backend serves is asked. */
function byAnyProtocol(backends: Backends): CheckOrdinaryPassword {
  return (attempt, signal) => {
    const { domain } = attempt.account;
    const protocol = PROTOCOLS.find((one) => backends.serviceFor(domain, one) !== undefined) ?? attempt.protocol;
    return checkOrdinaryPassword(backends, { ...attempt, protocol }, signal);
  };
}

// What only the portal needs, so that gateways without one do not carry it. The polyfill first: in the single executable
// the libraries behind it would otherwise run before it.
async function loadTools() {
  await import('reflect-metadata');
  const [{ makePasskeyVerifier }, { makeProfileSigner }] = await Promise.all([
    import('#adapters/webauthn-verifier.ts'),
    import('#adapters/cms-profile-signer.ts'),
  ]);
  return { makePasskeyVerifier, makeProfileSigner };
}
