/**
 * Recognises our own listeners at the other end of a connection that we have opened: a backend that is ourselves would
 * ask itself about every password, until no connection is left. It does not see a loop that leads through another
 * machine; that one ends at the login deadlines.
 */

import { networkInterfaces } from 'node:os';
import { canonicalAddress, isLoopbackAddress } from '#core/network.ts';

/** Where a connection leads, or a listener waits. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Whether a connection to this address and port of a machine has come to one of these listeners. */
export function leadsToUs(
  { address, port }: Endpoint,
  listeners: readonly Endpoint[],
  ownAddresses: () => readonly string[] = addressesOfThisMachine,
): boolean {
  const remote = canonicalAddress(address);
  const onPort = listeners.filter((listener) => listener.port === port);
  if (remote === undefined || onPort.length === 0) return false;
  if (onPort.some((listener) => canonicalAddress(listener.address) === remote)) return true;
  return onPort.some((listener) => acceptsAt(listener.address, remote)) && isOwn(remote, ownAddresses);
}

// `::` accepts IPv4 as well (RFC 3493 §3.7).
function acceptsAt(listening: string, remote: string): boolean {
  return listening === '::' || (listening === '0.0.0.0' && !remote.includes(':'));
}

function isOwn(address: string, ownAddresses: () => readonly string[]): boolean {
  return isLoopbackAddress(address) || ownAddresses().some((own) => canonicalAddress(own) === address);
}

function addressesOfThisMachine(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}
