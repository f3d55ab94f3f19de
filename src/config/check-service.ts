/** What must hold between the settings of the policy service, and with other listeners and the backends. */

import { isLoopback, sameSocket } from './check-listeners.ts';
import type { ConfigFault } from './faults.ts';
import { kindOf, portOf, type Parts } from './parts.ts';
import { formatPath, type SettingPath } from './tree.ts';

type Service = NonNullable<Parts['service']>;

/** Faults of the service's listeners, and of what nginx is told. */
export function checkService(parts: Parts): readonly ConfigFault[] {
  const { service } = parts;
  if (service === undefined) return [];
  return [
    ...service.listen.flatMap((_listener, index) => checkListener(parts, service, index)),
    ...Object.keys(service.nginx).flatMap((name) => checkNginx(parts, service, name)),
  ];
}

function checkListener(parts: Parts, service: Service, index: number): readonly ConfigFault[] {
  const listener = service.listen[index];
  if (listener === undefined) return [];
  const path = ['service', 'listen', index];
  const faults: ConfigFault[] = [];
  if (listener.tls === 'implicit' && parts.certificateCount === 0) {
    faults.push({ path: ['tls', 'certificates'], message: `is needed, because ${formatPath(path)} speaks TLS` });
  }
  if (listener.tls === 'none' && !isLoopback(listener.address)) {
    const message = 'none is only for a loopback address, like 127.0.0.1: tokens and passwords would cross in clear';
    faults.push({ path: [...path, 'tls'], message });
  }
  if (listener.tls === 'none' && listener.clientCa_file !== undefined) {
    faults.push({ path: [...path, 'clientCa_file'], message: 'has no meaning without tls: implicit' });
  }
  const taken = placesBefore(parts, service, index).find((other) => sameSocket(other, listener));
  if (taken !== undefined) {
    faults.push({ path: [...path, 'port'], message: `${listener.port} is taken by ${formatPath(taken.path)}` });
  }
  return faults;
}

interface Place {
  readonly path: SettingPath;
  readonly address: string;
  readonly port: number;
}

function placesBefore({ listeners, portal, metrics }: Parts, service: Service, index: number): readonly Place[] {
  const mail = listeners.map(({ path, value }) => ({
    path,
    address: value.address,
    port: portOf(value, value.protocol),
  }));
  const web = (portal?.listen ?? []).map((one, at) => ({ ...one, path: ['portal', 'listen', at] }));
  const own = service.listen.slice(0, index).map((one, at) => ({ ...one, path: ['service', 'listen', at] }));
  return [...mail, ...web, ...own, ...(metrics === undefined ? [] : [{ ...metrics, path: ['metrics'] }])];
}

function checkNginx(parts: Parts, service: Service, name: string): readonly ConfigFault[] {
  const path = ['service', 'nginx', name];
  const places = service.nginx[name];
  if (!parts.backendNames.includes(name)) return [{ path, message: `there is no backend ${name}` }];
  const backend = parts.backends.find((one) => one.name === name)?.value;
  if (backend === undefined || places === undefined) return [];
  return (['imap', 'pop3', 'submission'] as const).flatMap((protocol) => {
    if (places[protocol] === undefined) return [];
    const at = [...path, protocol];
    const served = backend[protocol];
    if (served === undefined) {
      return [{ path: at, message: `needs backends.${name}.${protocol}, where ordinary passwords are checked` }];
    }
    const unfit = kindOf(backend, served)?.unfitForNginx;
    return unfit === undefined ? [] : [{ path: at, message: `cannot be: ${unfit}` }];
  });
}
