/** What is allowed and unwise: said once at the start, and by `postern check-config`. */

import { PROTOCOL_FACTS, PROTOCOLS } from '#core/protocols.ts';
import { isLoopback } from './check-listeners.ts';
import type { ConfigFault } from './faults.ts';
import { portOf, servicesOf, tlsOf, type Parts } from './parts.ts';
import { formatPath } from './tree.ts';

/** Remarks on settings that are each in order. */
export function remarksOn(parts: Parts): readonly ConfigFault[] {
  return [
    ...remarkIdle(parts),
    ...remarkPorts(parts),
    ...remarkPlaintext(parts),
    ...remarkUnused(parts),
    ...remarkMetrics(parts),
  ];
}

function remarkIdle({ limits }: Parts): readonly ConfigFault[] {
  if (limits === undefined) return [];
  return PROTOCOLS.flatMap((protocol) => {
    const { standard } = PROTOCOL_FACTS[protocol].idleSeconds;
    if (limits.relayIdleSeconds[protocol] >= standard) return [];
    const message = `the standard asks for at least ${standard}: mail programs may lose their connection`;
    return [{ path: ['limits', 'relayIdleSeconds', protocol], message }];
  });
}

// A server that waits for TLS, and a gateway that waits for a greeting, wait for each other.
function remarkPorts({ backends }: Parts): readonly ConfigFault[] {
  return backends.flatMap(({ path, value }) =>
    servicesOf(value).flatMap(({ protocol, service }) => {
      const { implicit, starttls } = PROTOCOL_FACTS[protocol].ports;
      const [port, tls] = [portOf(service, protocol), tlsOf(service, protocol)];
      const at = [...path, protocol, 'tls'];
      if (port === implicit && port !== starttls && tls !== 'implicit')
        return [{ path: at, message: `on port ${port} servers speak TLS from the first byte: say implicit` }];
      if (port === starttls && port !== implicit && tls === 'implicit')
        return [{ path: at, message: `on port ${port} servers begin in clear: say starttls, or give another port` }];
      return [];
    }),
  );
}

function remarkPlaintext({ backends }: Parts): readonly ConfigFault[] {
  return backends.flatMap(({ path, value }) => {
    const open = value.hosts.find((host) => !isLoopback(host));
    const plain = servicesOf(value).find(({ protocol, service }) => tlsOf(service, protocol) === 'none');
    if (open === undefined || plain === undefined) return [];
    return [{ path: [...path, plain.protocol, 'tls'], message: `every password goes to ${open} in clear` }];
  });
}

function remarkUnused({ backends, domains, defaultBackend }: Parts): readonly ConfigFault[] {
  const used = new Set([defaultBackend, ...Object.values(domains ?? {}).map(({ backend }) => backend)]);
  return backends
    .filter(({ name }) => !used.has(name))
    .map(({ path }) => ({ path, message: `no domain uses ${formatPath(path)}` }));
}

function remarkMetrics({ metrics }: Parts): readonly ConfigFault[] {
  if (metrics === undefined || isLoopback(metrics.address)) return [];
  const message = 'whoever reaches this address reads the metrics without a password: let the network keep others away';
  return [{ path: ['metrics', 'address'], message }];
}
