/**
 * A configuration in parts that are each right by themselves. A fault in one listener must not hide what is wrong
 * between the others, so the checks across settings work on what is left.
 */

import { PROTOCOL_FACTS, PROTOCOLS, type Protocol } from '#core/protocols.ts';
import { configuredKind, type ImpersonationConfig } from '#config/backends/all.ts';
import { BackendSchema } from './schema-backends.ts';
import { CertificateSchema, ListenerSchema } from './schema-listeners.ts';
import { ConfigSchema, type Config } from './schema.ts';
import { isRecord, type SettingPath } from './tree.ts';

export type ListenerConfig = Config['listeners'][number];
type CertificateConfig = Config['tls']['certificates'][number];
export type BackendConfig = Config['backends'][string];
export type ServiceConfig = NonNullable<BackendConfig[Protocol]>;

export interface Part<T> {
  readonly path: SettingPath;
  readonly value: T;
}

/** The parts that could be read. */
export interface Parts {
  readonly hostname: string | undefined;
  readonly listeners: readonly Part<ListenerConfig>[];
  /** How many listeners are named, broken ones too; undefined: no list. */
  readonly listenerCount: number | undefined;
  readonly backends: readonly (Part<BackendConfig> & { readonly name: string })[];
  /** Names of all backends, of broken ones too. */
  readonly backendNames: readonly string[];
  readonly certificates: readonly Part<CertificateConfig>[];
  /** How many certificates are named, broken ones too. */
  readonly certificateCount: number;
  readonly domains: Config['domains'] | undefined;
  readonly defaultBackend: string | undefined;
  readonly identity: Config['identity'] | undefined;
  readonly limits: Config['limits'] | undefined;
  readonly metrics: Config['metrics'];
  readonly store: Config['store'] | undefined;
  readonly keysFile: string | undefined;
  readonly mail: Config['mail'] | undefined;
  readonly portal: Config['portal'] | undefined;
  readonly service: Config['service'] | undefined;
}

/** Reads each part by itself; what is wrong is left out. */
export function partsOf(raw: unknown): Parts {
  const root = isRecord(raw) ? raw : {};
  const shape = ConfigSchema.shape;
  const listeners = listIn(root['listeners']);
  const certificates = listIn(isRecord(root['tls']) ? root['tls']['certificates'] : undefined);
  const backends = isRecord(root['backends']) ? root['backends'] : {};
  return {
    hostname: shape.hostname.safeParse(root['hostname']).data,
    listeners: listeners.flatMap((item, index) => part(ListenerSchema.safeParse(item), ['listeners', index])),
    listenerCount: Array.isArray(root['listeners']) ? listeners.length : undefined,
    backends: Object.entries(backends).flatMap(([name, item]) =>
      part(BackendSchema.safeParse(item), ['backends', name]).map((found) => ({ ...found, name })),
    ),
    backendNames: Object.keys(backends),
    certificates: certificates.flatMap((item, index) =>
      part(CertificateSchema.safeParse(item), ['tls', 'certificates', index]),
    ),
    certificateCount: certificates.length,
    domains: shape.domains.safeParse(root['domains']).data,
    defaultBackend: shape.defaultBackend.safeParse(root['defaultBackend']).data,
    identity: shape.identity.safeParse(root['identity']).data,
    limits: shape.limits.safeParse(root['limits']).data,
    metrics: shape.metrics.safeParse(root['metrics']).data,
    store: shape.store.safeParse(root['store']).data,
    keysFile: shape.keys_file.safeParse(root['keys_file']).data,
    mail: shape.mail.safeParse(root['mail']).data,
    portal: shape.portal.safeParse(root['portal']).data,
    service: shape.service.safeParse(root['service']).data,
  };
}

/** The services of a backend that are configured. */
export function servicesOf(backend: BackendConfig): readonly { protocol: Protocol; service: ServiceConfig }[] {
  return PROTOCOLS.flatMap((protocol) => {
    const service = backend[protocol];
    return service === undefined ? [] : [{ protocol, service }];
  });
}

/** How TLS starts: as the protocol does where nothing is said. */
export function tlsOf({ tls }: { tls?: ListenerConfig['tls'] }, protocol: Protocol): 'implicit' | 'starttls' | 'none' {
  return tls ?? PROTOCOL_FACTS[protocol].defaultTls;
}

/** The port of a listener or service: the protocol's own where nothing is said. */
export function portOf(given: { port?: number | undefined; tls?: ListenerConfig['tls'] }, protocol: Protocol): number {
  return given.port ?? PROTOCOL_FACTS[protocol].ports[tlsOf(given, protocol) === 'implicit' ? 'implicit' : 'starttls'];
}

/** How a service is logged in at: its own way, else the backend's. */
export function impersonationOf(backend: BackendConfig, service: ServiceConfig): ImpersonationConfig | undefined {
  return service.impersonation ?? backend.impersonation;
}

/** The backend kind of a service; undefined where nothing says how to log in at it, which is a fault. */
export function kindOf(backend: BackendConfig, service: ServiceConfig) {
  const impersonation = impersonationOf(backend, service);
  return impersonation === undefined ? undefined : configuredKind(impersonation);
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function part<T>(result: { data?: T | undefined }, path: SettingPath): readonly Part<T>[] {
  return result.data === undefined ? [] : [{ path, value: result.data }];
}
