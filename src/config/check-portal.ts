/** What must hold between the portal's settings, and with the listeners of mail. */

import { isLoopback, sameSocket } from './check-listeners.ts';
import type { ConfigFault } from './faults.ts';
import { checkMailServers } from './mail-servers.ts';
import { portOf, type Parts } from './parts.ts';
import { formatPath } from './tree.ts';

/** Faults of the portal's address and listeners. */
export function checkPortal(parts: Parts): readonly ConfigFault[] {
  const { portal } = parts;
  if (portal === undefined || portal.listen.length === 0) return checkMailServers(parts);
  return [
    ...checkMailServers(parts),
    ...checkUrl(portal),
    ...portal.listen.flatMap((_listener, index) => checkListener(parts, portal, index)),
  ];
}

type Portal = NonNullable<Parts['portal']>;

function checkUrl({ url }: Portal): readonly ConfigFault[] {
  const path = ['portal', 'url'];
  if (url === undefined)
    return [{ path, message: 'is needed with portal.listen: browsers must know it by one address' }];
  const { protocol, hostname, search, hash, username } = new URL(url);
  if (search !== '' || hash !== '' || username !== '') return [{ path, message: 'must end with its path' }];
  if (protocol === 'https:' || hostname === 'localhost') return [];
  return [{ path, message: 'must begin with https: passwords and cookies cross the network' }];
}

function checkListener(parts: Parts, portal: Portal, index: number): readonly ConfigFault[] {
  const listener = portal.listen[index];
  if (listener === undefined) return [];
  const path = ['portal', 'listen', index];
  const faults: ConfigFault[] = [];
  if (listener.tls === 'implicit' && parts.certificateCount === 0) {
    faults.push({ path: ['tls', 'certificates'], message: `is needed, because ${formatPath(path)} speaks TLS` });
  }
  if (listener.tls === 'none' && !isLoopback(listener.address) && portal.trustedProxies.length === 0) {
    const message = 'none is only for a loopback address, or behind a proxy that portal.trustedProxies names';
    faults.push({ path: [...path, 'tls'], message });
  }
  const taken = [
    ...parts.listeners.map(({ path: other, value }) => {
      return { path: other, address: value.address, port: portOf(value, value.protocol) };
    }),
    ...portal.listen.slice(0, index).map((other, at) => ({ ...other, path: ['portal', 'listen', at] })),
  ].find((other) => sameSocket(other, listener));
  if (taken !== undefined) {
    faults.push({ path: [...path, 'port'], message: `${listener.port} is taken by ${formatPath(taken.path)}` });
  }
  return faults;
}
