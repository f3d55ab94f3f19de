/** Joins the policy service to the parts that it is handed: store, keys, gatekeeper, backends, the gateway's words. */

import { createSecureContext, type SecureContext } from 'node:tls';
import { readFileSync } from 'node:fs';
import type { Settings } from '#config/settings.ts';
import { Fault, unreachable } from '#core/fault.ts';
import type { Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import { checkOrdinaryPassword } from '#backends/backend-login.ts';
import { backendName } from '#backends/backends.ts';
import { impersonationBy } from '#backends/kinds/all.ts';
import { clientVerifyingTls, readAuthorities } from '#connection/client-certificates.ts';
import type { GatewayState } from '#gateway/gateway.ts';
import { Certificates } from '#connection/certificates.ts';
import { serverTls } from '#transport/node.ts';
import { refusalLines as imapLines } from '#protocol/imap/replies.ts';
import { refusalLine as pop3Line } from '#protocol/pop3/replies.ts';
import { refusalLine as submissionLine } from '#protocol/submission/replies.ts';
import { refusalText, type Place } from '#protocol/texts.ts';
import { makeServiceServer } from '#service/server.ts';
import type { BackendPlace, BeginTls, Refusal, RefusalWords, ServiceListener } from '#service/settings.ts';
import { openMail, reportMailTo } from './open-mail.ts';
import type { RunningPortal, WorkerContext } from './open-portal.ts';

type Way = 'alone' | 'beside the gateway';

export interface RunningService extends RunningPortal {
  /** When the first certificate of its listeners expires; undefined when none speaks TLS. */
  readonly certificateExpiresAt: Date | undefined;
}

/**
 * Makes the policy service ready; undefined where no listener is configured. CONFIG_INVALID when it is to run alone and
 * none is configured. Alone it probes the backends and heeds changes itself.
 */
export async function prepareService(around: WorkerContext, way: Way): Promise<RunningService | undefined> {
  const { settings, store, keyring, backends, gatekeeper, metrics, serviceMetrics, log } = around;
  if (settings.service.listen.length === 0) {
    if (way === 'beside the gateway') return undefined;
    throw new Fault('CONFIG_INVALID', 'the policy service has no listener: name one at service.listen');
  }
  const stopped = new AbortController();
  const heeding = way === 'alone' ? await heedChanges(around, stopped.signal) : undefined;
  const tls = openTls(settings);
  const mail = openMail(settings, reportMailTo(log));
  const { issuer, maxAppPasswords, limits } = settings.policy;
  const service = await makeServiceServer(
    {
      settings: settings.service,
      admins: settings.admins,
      context: { store, keyring, clock: Date.now, issuer, maxAppPasswords, notify: (notice) => mail?.notify(notice) },
      identity: settings.gateway.identity,
      gatekeeper,
      checkOrdinaryPassword: (attempt, signal) => checkOrdinaryPassword(backends, attempt, signal),
      limits,
      words: refusalWords(settings.gateway.portalUrl),
      handOver: (account, protocol) => placeFor(around, account, protocol),
      countLogin: (login) => metrics.loginJudged(login),
      metrics: serviceMetrics,
      log,
    },
    tls.begin,
  );
  return {
    open: () => service.open(),
    get certificateExpiresAt() {
      return tls.expiresAt;
    },
    reloadCertificates: () => tls.reload(),
    async stop() {
      await service.stop();
      stopped.abort();
      await heeding?.stop();
      await mail?.stop();
    },
  };
}

/** How a worker is that runs the service alone. */
export function stateWithoutGateway(
  { backends }: WorkerContext,
  service: Pick<RunningService, 'certificateExpiresAt'> | undefined,
): GatewayState {
  return {
    listeners: [],
    backendHosts: backends.hosts,
    connections: 0,
    unauthenticated: 0,
    certificateExpiresAt: service?.certificateExpiresAt,
  };
}

// Beside the gateway these are the gateway's.
async function heedChanges({ store, backends, gatekeeper }: WorkerContext, stopped: AbortSignal) {
  const watch = await store.watch({ onChange: (change) => gatekeeper.noteChange(change), onGap: () => {} });
  await backends.start(stopped);
  return watch;
}

interface ServiceTls {
  readonly begin: BeginTls;
  readonly expiresAt: Date | undefined;
  reload(): void;
}

function openTls({ gateway, service }: Settings): ServiceTls {
  const certificates = new Certificates(gateway.tls);
  const read = () => new Map(service.listen.map((listener) => [listener, authoritiesOf(listener, gateway.tls)]));
  let verifying = read();
  return {
    begin: (socket, listener) => {
      const strict = verifying.get(listener);
      if (strict === undefined)
        return { socket: serverTls(socket, { contextFor: certificates.contextFor, alpn: 'http/1.1' }) };
      return clientVerifyingTls(socket, strict.context, strict.authorities);
    },
    get expiresAt() {
      return service.listen.some(({ tls }) => tls !== 'none') ? certificates.expiresAt : undefined;
    },
    reload: () => {
      verifying = read();
      certificates.reload();
    },
  };
}

function authoritiesOf({ clientCaFile }: ServiceListener, { certificates, minVersion }: Settings['gateway']['tls']) {
  const [first] = certificates;
  if (clientCaFile === undefined || first === undefined) return undefined;
  const [cert, key, ca] = [first.certFile, first.keyFile, clientCaFile].map((file) => readFileSync(file));
  const context: SecureContext = createSecureContext({ cert, key, ca, minVersion });
  return { context, authorities: readAuthorities(clientCaFile) };
}

/** The mail servers of a backend, as nginx reaches them; it does not speak every protocol. */
type NginxPlaces = Readonly<Partial<Record<Protocol, Pick<BackendPlace, 'address' | 'port'> | undefined>>>;

/** Where nginx is sent to for an account, and how it logs in there; undefined where service.nginx says nothing. */
function placeFor(
  { settings, backends }: WorkerContext,
  account: Account,
  protocol: Protocol,
): BackendPlace | undefined {
  const found = backends.serviceFor(account.domain, protocol);
  if (found === undefined) return undefined;
  const { backend, service } = found;
  const { nginx } = settings.service;
  const places: NginxPlaces | undefined = Object.hasOwn(nginx, backend.name) ? nginx[backend.name] : undefined;
  const place = places?.[protocol];
  if (place === undefined) return undefined;
  const user = backendName(backend.userTemplate, account);
  const impersonation = impersonationBy(service.impersonation).handOver(user);
  return impersonation && { ...place, user, impersonation };
}

function refusalWords(portalUrl: string): RefusalWords {
  return {
    plain: (refusal, sessionId) => refusalText(refusal, { portalUrl, sessionId }),
    inProtocol: (protocol, refusal, sessionId) => {
      const smtp = submissionLine(refusal, { portalUrl, sessionId });
      const [code = '', enhanced = ''] = smtp.split(' ');
      const smtpCode = `${code} ${enhanced}`;
      return { text: textIn(protocol, refusal, { portalUrl, sessionId }), smtpCode };
    },
  };
}

// Without the word that the proxy says itself: NO, -ERR, 535.
function textIn(protocol: Protocol, refusal: Refusal, place: Place): string {
  switch (protocol) {
    case 'imap':
      return (imapLines('*', refusal, place).at(-1) ?? '').replace(/^\* (?:NO|BYE) /, '');
    case 'pop3':
      return pop3Line(refusal, place).replace(/^-ERR /, '');
    case 'submission':
    case 'sieve':
      return refusalText(refusal, place);
    default:
      return unreachable(protocol);
  }
}
