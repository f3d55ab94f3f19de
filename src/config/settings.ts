/**
 * Turns a faultless configuration into the settings that each part of the gateway is handed, in that part's own words:
 * defaults that depend on others filled in, seconds to milliseconds, file names made full, secrets read.
 */

import { canonicalAccount } from '#core/identity.ts';
import { byProtocol, PROTOCOL_FACTS } from '#core/protocols.ts';
import { masterUserSeparators } from './check-backends.ts';
import { listenerName } from './check-listeners.ts';
import type { ConfigFiles } from './files.ts';
import { kindOf, partsOf, portOf, servicesOf, tlsOf, type BackendConfig, type ListenerConfig } from './parts.ts';
import type { Config } from './schema.ts';
import { mailServers } from './mail-servers.ts';
import { mailSettings } from './mail-settings.ts';
import { storeSettings } from './store-settings.ts';

/** All settings of a running gateway. `gateway` fits GatewaySettings, `store` what the store opens. */
export type Settings = Readonly<ReturnType<typeof settingsOf>>;

/** The settings. `files` has read every secret before; one that is missing now was a fault then. */
export function settingsOf(config: Config, files: ConfigFiles) {
  const identity = { ...config.identity, masterUserSeparator: masterUserSeparators(partsOf(config))[0] ?? '' };
  return {
    workers: config.workers,
    log: config.log,
    metrics: config.metrics,
    keysFile: files.absolute(config.keys_file),
    store: storeSettings(config.store, files),
    policy: {
      staleSeconds: config.policy.staleSeconds,
      issuer: config.policy.issuer ?? config.hostname,
      maxAppPasswords: config.policy.maxAppPasswords,
      limits: config.policy.limits,
    },
    mail: mailSettings(config, files),
    // Under the names that they sign in with, however they are written here.
    admins: config.portal.admins.map((admin) => {
      const named = canonicalAccount(admin.account, identity);
      return named.kind === 'account' ? { ...admin, account: named.account.name } : admin;
    }),
    portal: {
      url: config.portal.url ?? '',
      listen: config.portal.listen,
      trustedProxies: config.portal.trustedProxies,
      mailServers: mailServers(config),
    },
    service: serviceSettings(config.service, files),
    gateway: {
      hostname: config.hostname,
      gatewayName: config.gatewayName ?? config.hostname,
      portalUrl: config.portal.url ?? '',
      identity,
      listeners: config.listeners.map((listener) => listenerSettings(listener)),
      tls: {
        certificates: config.tls.certificates.map(({ cert_file, key_file }) => ({
          certFile: files.absolute(cert_file),
          keyFile: files.absolute(key_file),
        })),
        minVersion: config.tls.minVersion,
      },
      limits: limitSettings(config.limits),
      mechanisms: config.mechanisms,
      backends: Object.entries(config.backends).map(([name, backend]) => backendSettings(name, backend, files)),
      domainBackends: Object.fromEntries(
        Object.entries(config.domains).map(([domain, { backend }]) => [domain, backend] as const),
      ),
      defaultBackend: config.defaultBackend ?? '',
    },
  };
}

function serviceSettings({ listen, nginx }: Config['service'], files: ConfigFiles) {
  const listeners = listen.map(({ clientCa_file: file, ...listener }) => ({
    ...listener,
    clientCaFile: file === undefined ? undefined : files.absolute(file),
  }));
  return { listen: listeners, nginx };
}

function listenerSettings(listener: ListenerConfig) {
  const { protocol, address, plaintextLogin, proxyProtocolFrom, defaultDomain } = listener;
  const tls = tlsOf(listener, protocol);
  const name = listenerName(listener);
  return {
    name,
    protocol,
    address,
    port: portOf(listener, protocol),
    tls,
    plaintextLogin,
    proxyProtocolFrom,
    defaultDomain,
  };
}

function backendSettings(name: string, backend: BackendConfig, files: ConfigFiles) {
  const services = servicesOf(backend).flatMap(({ protocol, service }) => {
    const kind = kindOf(backend, service);
    if (kind === undefined) return []; // a fault before
    const { harmlessClientAddress } = PROTOCOL_FACTS[protocol];
    const settings = {
      port: portOf(service, protocol),
      tls: tlsOf(service, protocol),
      impersonation: kind.settings(files, []),
      clientAddress: service.clientAddress ?? kind.clientAddress ?? harmlessClientAddress,
    };
    return [[protocol, settings] as const];
  });
  return {
    name,
    hosts: backend.hosts,
    balance: backend.balance,
    services: Object.fromEntries(services),
    caFile: backend.ca_file === undefined ? undefined : files.absolute(backend.ca_file),
    tlsServerName: backend.tlsServerName,
    userTemplate: backend.userTemplate,
    passwordCheck: backend.passwordCheck,
    connectTimeoutMs: milliseconds(backend.connectTimeoutSeconds),
    loginTimeoutMs: milliseconds(backend.loginTimeoutSeconds),
    probeIntervalMs: milliseconds(backend.probeIntervalSeconds),
  };
}

function limitSettings(limits: Config['limits']) {
  const { relayIdleSeconds: idle } = limits;
  return {
    maxConnections: limits.maxConnections,
    maxConnectionsPerNetwork: limits.maxConnectionsPerNetwork,
    maxUnauthenticated: limits.maxUnauthenticated,
    preauthMs: milliseconds(limits.preauthSeconds),
    preauthIdleMs: milliseconds(limits.preauthIdleSeconds),
    tlsHandshakeMs: milliseconds(limits.tlsHandshakeSeconds),
    proxyHeaderMs: milliseconds(limits.proxyHeaderSeconds),
    relayIdleMs: byProtocol((protocol) => milliseconds(idle[protocol])),
    drainMs: milliseconds(limits.drainSeconds),
  };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
