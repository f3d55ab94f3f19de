/** What users and mail programs are told to connect to: the listeners, unless the operator says otherwise. */

import { PROTOCOLS, type Protocol } from '#core/protocols.ts';
import type { ConfigFault } from './faults.ts';
import { portOf, tlsOf, type ListenerConfig, type Parts } from './parts.ts';
import type { Config } from './schema.ts';

interface ServerToTell {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls';
}

/** One server for each protocol that is listened for with TLS, or that TLS is said to be in front of. */
export function mailServers({ hostname, listeners, portal }: Config): readonly ServerToTell[] {
  return PROTOCOLS.flatMap((protocol) => {
    const place = placeOf(portal.mailServers[protocol], bestOf(listeners, protocol));
    if (place === undefined) return [];
    const host = portal.mailServers[protocol]?.host ?? hostname;
    return [{ protocol, host, port: portOf(place, protocol), tls: place.tls }];
  });
}

interface Place {
  readonly port: number | undefined;
  readonly tls: ServerToTell['tls'];
}

// What is said goes before what is listened on; a listener's port belongs to its own kind of TLS.
function placeOf(
  given: { readonly port?: number | undefined; readonly tls?: Place['tls'] | undefined } | undefined,
  own: Place | undefined,
): Place | undefined {
  const tls = given?.tls ?? own?.tls ?? (given === undefined ? undefined : 'implicit');
  if (tls === undefined) return undefined;
  return { port: given?.port ?? (tls === own?.tls ? own.port : undefined), tls };
}

/** Faults of servers that nobody listens for. */
export function checkMailServers({ portal, listeners }: Parts): readonly ConfigFault[] {
  return PROTOCOLS.flatMap((protocol) => {
    if (portal?.mailServers[protocol] === undefined) return [];
    if (listeners.some(({ value }) => value.protocol === protocol)) return [];
    const message = `is told to mail programs, but no listener speaks ${protocol}`;
    return [{ path: ['portal', 'mailServers', protocol], message }];
  });
}

/** TLS from the first byte is what mail programs are told where there is a choice (RFC 8314 §3). */
function bestOf(listeners: readonly ListenerConfig[], protocol: Protocol): Place | undefined {
  const own = listeners.filter((listener) => listener.protocol === protocol);
  const kinds = ['implicit', 'starttls'] as const;
  const places = kinds.flatMap((tls) => {
    const found = own.find((listener) => tlsOf(listener, protocol) === tls);
    return found === undefined ? [] : [{ port: found.port, tls }];
  });
  return places[0];
}
