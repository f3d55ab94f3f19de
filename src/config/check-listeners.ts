/** What must hold between the settings of the listeners, and with the certificates. */

import { isLoopbackAddress } from '#core/network.ts';
import type { ConfigFault } from './faults.ts';
import { portOf, tlsOf, type ListenerConfig, type Part, type Parts } from './parts.ts';
import { formatPath } from './tree.ts';

/** Faults of each listener, of two that are in each other's way, and of TLS without certificates. */
export function checkListeners(parts: Parts): readonly ConfigFault[] {
  return [
    ...checkPresence(parts),
    ...parts.listeners.flatMap(checkEncryption),
    ...parts.listeners.flatMap((listener, index) => checkAgainst(listener, parts.listeners.slice(0, index))),
    ...checkMetrics(parts),
    ...checkCertificates(parts),
    ...parts.listeners.flatMap((listener) => checkDefaultDomain(listener, parts)),
  ];
}

/** `imap-993`, where no name is given. */
export function listenerName(listener: ListenerConfig): string {
  return listener.name ?? `${listener.protocol}-${portOf(listener, listener.protocol)}`;
}

/** True for an address that no other machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}

function checkPresence({ listenerCount, service }: Parts): readonly ConfigFault[] {
  if (listenerCount !== 0 || service === undefined || service.listen.length > 0) return [];
  return [{ path: ['listeners'], message: 'is empty, and so is service.listen: nobody could connect' }];
}

function checkEncryption({ path, value }: Part<ListenerConfig>): readonly ConfigFault[] {
  const tls = tlsOf(value, value.protocol);
  if (tls === 'none' && !isLoopback(value.address)) {
    const message = 'none is only for a loopback address, like 127.0.0.1: choose implicit or starttls';
    return [{ path: [...path, 'tls'], message }];
  }
  if (tls === 'none' && !value.plaintextLogin) {
    return [{ path: [...path, 'tls'], message: 'with none nobody can log in here, unless plaintextLogin is true' }];
  }
  if (!value.plaintextLogin) return [];
  if (tls === 'implicit') {
    return [{ path: [...path, 'plaintextLogin'], message: 'has no meaning with implicit TLS: remove it' }];
  }
  if (isLoopback(value.address)) return [];
  const message = 'is only for a loopback address, like 127.0.0.1: every password would cross the network in clear';
  return [{ path: [...path, 'plaintextLogin'], message }];
}

function checkAgainst(
  listener: Part<ListenerConfig>,
  earlier: readonly Part<ListenerConfig>[],
): readonly ConfigFault[] {
  const { path, value } = listener;
  const faults: ConfigFault[] = [];
  const samePort = earlier.find((other) => sameSocket(placeOf(value), placeOf(other.value)));
  if (samePort !== undefined) {
    const message = `${portOf(value, value.protocol)} is taken by ${formatPath(samePort.path)}`;
    faults.push({ path: [...path, 'port'], message });
  }
  const sameName = earlier.find((other) => listenerName(other.value) === listenerName(value));
  if (sameName !== undefined) {
    const message = `${listenerName(value)} is also the name of ${formatPath(sameName.path)}: give this one another`;
    faults.push({ path: [...path, 'name'], message });
  }
  return faults;
}

function checkMetrics({ metrics, listeners }: Parts): readonly ConfigFault[] {
  const inTheWay = listeners.find(({ value }) => metrics !== undefined && sameSocket(metrics, placeOf(value)));
  if (metrics === undefined || inTheWay === undefined) return [];
  return [{ path: ['metrics', 'port'], message: `${metrics.port} is taken by ${formatPath(inTheWay.path)}` }];
}

interface ListenPlace {
  readonly address: string;
  readonly port: number;
}

function placeOf(listener: ListenerConfig): ListenPlace {
  return { address: listener.address, port: portOf(listener, listener.protocol) };
}

// Our workers share ports on purpose, so the system would not refuse two listeners on one of them.
/** True when the two cannot both listen. */
export function sameSocket(a: ListenPlace, b: ListenPlace): boolean {
  if (a.port !== b.port) return false;
  const addresses = [a.address, b.address];
  if (a.address === b.address || addresses.includes('::')) return true;
  return addresses.includes('0.0.0.0') && addresses.every((address) => !address.includes(':'));
}

function checkCertificates({ listeners, certificateCount }: Parts): readonly ConfigFault[] {
  const encrypted = listeners.find(({ value }) => tlsOf(value, value.protocol) !== 'none');
  if (certificateCount > 0 || encrypted === undefined) return [];
  return [{ path: ['tls', 'certificates'], message: `is needed, because ${formatPath(encrypted.path)} speaks TLS` }];
}

function checkDefaultDomain({ path, value }: Part<ListenerConfig>, parts: Parts): readonly ConfigFault[] {
  const { defaultDomain } = value;
  if (defaultDomain === undefined || parts.defaultBackend !== undefined || parts.domains === undefined) return [];
  if (Object.hasOwn(parts.domains, defaultDomain)) return [];
  return [{ path: [...path, 'defaultDomain'], message: `${defaultDomain} is not among the domains` }];
}
