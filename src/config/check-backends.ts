/** What must hold between the settings of the backends, the domains and the listeners. */

import { PROTOCOL_FACTS, PROTOCOLS } from '#core/protocols.ts';
import { isLoopback } from './check-listeners.ts';
import type { ConfigFault } from './faults.ts';
import { nearestWord } from './nearest.ts';
import { impersonationOf, kindOf, portOf, servicesOf, tlsOf, type Parts } from './parts.ts';
import { formatPath, orList } from './tree.ts';

type BackendPart = Parts['backends'][number];
type ServicePart = ReturnType<typeof servicesOf>[number];

/** Faults of each backend and service, of domains without one, and of names that would not be safe. */
export function checkBackends(parts: Parts): readonly ConfigFault[] {
  return [
    ...parts.backends.flatMap((backend) => [
      ...checkServices(backend),
      ...checkPasswordCheck(backend),
      ...checkUserTemplate(backend, parts),
    ]),
    ...checkLoops(parts),
    ...checkSeparators(parts),
    ...checkDomains(parts),
    ...checkProtocols(parts),
  ];
}

/** The separators of all backends with master users, each once. */
export function masterUserSeparators(parts: Pick<Parts, 'backends'>): readonly string[] {
  const separators = parts.backends.flatMap(({ value }) =>
    servicesOf(value).flatMap(({ service }) => {
      const separator = kindOf(value, service)?.separator;
      return separator === undefined ? [] : [separator];
    }),
  );
  return [...new Set(separators)];
}

function checkServices(backend: BackendPart): readonly ConfigFault[] {
  const services = servicesOf(backend.value);
  if (services.length > 0) return services.flatMap((service) => checkService(backend, service));
  return [{ path: backend.path, message: `serves nothing: give it ${PROTOCOLS.join(', ')} or some of them` }];
}

function checkService(backend: BackendPart, { protocol, service }: ServicePart): readonly ConfigFault[] {
  const path = [...backend.path, protocol];
  const faults: ConfigFault[] = [];
  const kind = kindOf(backend.value, service);
  const unfit = kind?.unfitFor(protocol);
  if (kind === undefined) {
    const message = 'is missing: say how to log in as a user, here or for the whole backend';
    faults.push({ path: [...path, 'impersonation'], message });
  } else if (unfit !== undefined) {
    const at = service.impersonation === undefined ? backend.path : path;
    faults.push({ path: [...at, 'impersonation'], message: unfit });
  }
  const openHost = backend.value.hosts.find((host) => !isLoopback(host));
  if (tlsOf(service, protocol) === 'none' && openHost !== undefined && !backend.value.allowPlaintext) {
    const message = `none would send every password to ${openHost} in clear: use TLS, or set allowPlaintext for this backend`;
    faults.push({ path: [...path, 'tls'], message });
  }
  return [...faults, ...checkClientAddress({ path, protocol, service })];
}

function checkClientAddress({
  path,
  protocol,
  service,
}: ServicePart & { path: BackendPart['path'] }): readonly ConfigFault[] {
  const { clientAddress } = service;
  const { clientAddress: fitting } = PROTOCOL_FACTS[protocol];
  if (clientAddress === undefined || fitting.includes(clientAddress)) return [];
  const message = `${clientAddress} does not exist for ${protocol}: choose one of ${fitting.join(', ')}`;
  return [{ path: [...path, 'clientAddress'], message }];
}

// What leads to us by a name or another of our addresses is found when it is connected to.
function checkLoops({ backends, listeners }: Parts): readonly ConfigFault[] {
  return backends.flatMap(({ path, value }) =>
    servicesOf(value).flatMap(({ protocol, service }) => {
      const port = portOf(service, protocol);
      const own = listeners.find((listener) =>
        value.hosts.some((host) => portOf(listener.value, listener.value.protocol) === port && leadsTo(host, listener)),
      );
      if (own === undefined) return [];
      const message = `${port} is ${formatPath(own.path)} itself: give the port of the mail server`;
      return [{ path: [...path, protocol, 'port'], message }];
    }),
  );
}

function leadsTo(host: string, { value: { address } }: Parts['listeners'][number]): boolean {
  return host === address || (isLoopback(host) && ['::', '0.0.0.0', 'localhost'].includes(address));
}

// Some services take no ordinary password (Postfix behind XCLIENT), so another one must judge those of users without two-step.
function checkPasswordCheck({ path, value }: BackendPart): readonly ConfigFault[] {
  const unjudged = servicesOf(value).some((one) => kindOf(value, one.service)?.judgesPasswords === false);
  const judge = value.passwordCheck ?? (unjudged ? 'imap' : undefined);
  if (judge === undefined) return [];
  const service = value[judge];
  const at = [...path, 'passwordCheck'];
  if (service === undefined) return [{ path: at, message: `needs ${judge}, which ${formatPath(path)} does not serve` }];
  if (value.passwordCheck === undefined || kindOf(value, service)?.judgesPasswords !== false) return [];
  const way = impersonationOf(value, service)?.kind;
  return [{ path: at, message: `${judge} is reached by ${way} and judges no passwords: choose another service` }];
}

// Without its domain alice@one and alice@two are one user of the backend: whichever is free of two-step is a way in.
function checkUserTemplate({ path, value, name }: BackendPart, parts: Parts): readonly ConfigFault[] {
  if (/%[ud]/.test(value.userTemplate)) return parseNameless(value.userTemplate, path);
  const served = Object.values(parts.domains ?? {}).filter(({ backend }) => backend === name).length;
  if (served <= 1 && parts.defaultBackend !== name) return parseNameless(value.userTemplate, path);
  const message =
    'leaves out the domain, so this backend may serve only one of the domains and not be the defaultBackend';
  return [{ path: [...path, 'userTemplate'], message }];
}

function parseNameless(template: string, path: BackendPart['path']): readonly ConfigFault[] {
  if (/%[un]/.test(template)) return [];
  return [{ path: [...path, 'userTemplate'], message: 'must contain %u or %n, or all users would be one' }];
}

function checkSeparators(parts: Parts): readonly ConfigFault[] {
  const [separator, another] = masterUserSeparators(parts);
  if (separator === undefined) return [];
  if (another !== undefined) {
    const message = `${separator} and ${another} are both master-user separators: all backends must have the same`;
    return [{ path: ['backends'], message }];
  }
  if (separator === parts.identity?.subaddressDelimiter) {
    const message = `${separator} is the master-user separator of a backend: change one of the two`;
    return [{ path: ['identity', 'subaddressDelimiter'], message }];
  }
  const spoilt = parts.backends.find(({ value }) => value.userTemplate.includes(separator));
  if (spoilt === undefined) return [];
  return [{ path: [...spoilt.path, 'userTemplate'], message: `contains ${separator}, the master-user separator` }];
}

function checkDomains({ domains, defaultBackend, backendNames }: Parts): readonly ConfigFault[] {
  const named = [
    ...Object.entries(domains ?? {}).map(([domain, { backend }]) => ({
      path: ['domains', domain, 'backend'],
      backend,
    })),
    ...(defaultBackend === undefined ? [] : [{ path: ['defaultBackend'], backend: defaultBackend }]),
  ];
  if (named.length === 0 && domains !== undefined) {
    return [{ path: ['domains'], message: 'names no domain, so nobody can log in: name yours, or set defaultBackend' }];
  }
  return named.flatMap(({ path, backend }) => {
    if (backendNames.includes(backend)) return [];
    const nearest = nearestWord(backend, backendNames);
    const hint = nearest === undefined ? `: ${orList(backendNames)}` : `; did you mean ${nearest}?`;
    return [{ path, message: `${backend} is not among the backends${backendNames.length === 0 ? '' : hint}` }];
  });
}

function checkProtocols({ listeners, backends, backendNames }: Parts): readonly ConfigFault[] {
  if (backends.length < backendNames.length) return []; // one of the broken ones may serve it
  return listeners.flatMap(({ path, value }) => {
    if (backends.some((backend) => backend.value[value.protocol] !== undefined)) return [];
    return [{ path: [...path, 'protocol'], message: `${value.protocol} is served by no backend` }];
  });
}
