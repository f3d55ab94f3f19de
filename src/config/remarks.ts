/** What is allowed and unwise: said once at the start, and by `postern check-config`. */

import { PROTOCOLS } from '#core/verdict.ts';
import { isLoopback } from './check-listeners.ts';
import type { ConfigFault } from './faults.ts';
import { servicesOf, tlsOf, type Parts } from './parts.ts';
import { formatPath } from './tree.ts';

/** Remarks on settings that are each in order. */
export function remarksOn(parts: Parts): readonly ConfigFault[] {
  return [...remarkIdle(parts), ...remarkPlaintext(parts), ...remarkUnused(parts), ...remarkMetrics(parts)];
}

// RFC 9051 §5.4, RFC 1939 §3, RFC 5321 §4.5.3.2.7, RFC 5804 §1.2.
const IDLE_MINIMUM_SECONDS = { imap: 1800, pop3: 600, submission: 300, sieve: 1800 } as const;

function remarkIdle({ limits }: Parts): readonly ConfigFault[] {
  if (limits === undefined) return [];
  return PROTOCOLS.filter((protocol) => limits.relayIdleSeconds[protocol] < IDLE_MINIMUM_SECONDS[protocol]).map(
    (protocol) => ({
      path: ['limits', 'relayIdleSeconds', protocol],
      message: `the standard asks for at least ${IDLE_MINIMUM_SECONDS[protocol]}: mail programs may lose their connection`,
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
