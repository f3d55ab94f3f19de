/**
 * nginx's auth_http service, a process of its own: Postern's own policy and store behind the fastest HTTP server of its
 * runtime. https://nginx.org/en/docs/mail/ngx_mail_auth_http_module.html. Its one argument says where everything is.
 */

import { canonicalAccount } from '#core/identity.ts';
import { Secret } from '#core/secret.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt } from '#core/verdict.ts';
import { readKeyring } from '#adapters/key-file.ts';
import { makeGatekeeper } from '#policy/logins/gatekeeper.ts';
import { openStore } from '#store/open.ts';
import { tellOfSubscribers } from '#runtime/bun-tracing-channels.ts';
import { masterLogin } from './sides/nginx.ts';

interface Job {
  readonly port: number;
  readonly redisPort: number;
  readonly keysFile: string;
  readonly backendHosts: readonly string[];
  /** By the names that nginx gives to protocols. */
  readonly backendPorts: Readonly<Record<string, number>>;
}

interface HttpServer {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly hostname: string;
  readonly port: number;
}
declare const Bun: { serve(server: HttpServer): unknown };

const HOUR = 3600;
/** nginx sends thousands of requests in one moment; with Postern's second, those at the end of the queue are refused. */
const PATIENCE_MS = 30_000;
const RULES = { localPart: 'lowercase', subaddressDelimiter: '', masterUserSeparator: '*' } as const;
const PROTOCOLS: Readonly<Record<string, Protocol>> = { imap: 'imap', pop3: 'pop3', smtp: 'submission' };
const FAILURES = { accountFailures: 1000, accountNetworkFailures: 1000, failureWindowSeconds: HOUR };

tellOfSubscribers();
const job: Job = JSON.parse(process.argv[2] ?? '{}');
const store = await openStore({
  kind: 'redis',
  topology: { kind: 'standalone', server: { host: '127.0.0.1', port: job.redisPort } },
  commandTimeoutMs: PATIENCE_MS,
});
const gatekeeper = makeGatekeeper({
  store,
  keyring: readKeyring(job.keysFile),
  checkOrdinaryPassword: async () => 'wrong',
  limits: { ...FAILURES, networkVerdicts: 100_000, networkWindowSeconds: 1 },
  staleSeconds: 0,
  clock: Date.now,
  onFault: (fault) => process.stderr.write(`${fault.message}\n`),
});
const never = new AbortController().signal;
let served = 0;
Bun.serve({ hostname: '127.0.0.1', port: job.port, fetch: async ({ headers }) => answer(headers) });

async function answer(headers: Headers): Promise<Response> {
  const attempt = attemptOf(headers);
  const verdict = attempt === undefined ? undefined : await gatekeeper.decide(attempt, never);
  if (attempt === undefined || verdict?.kind !== 'allow') return said({ 'Auth-Status': 'Invalid login or password' });
  // This service never hears how the login ended; like most, it counts its own answer.
  void gatekeeper.conclude(attempt, verdict, 'accepted');
  const { user, password } = masterLogin(attempt.account.name);
  const port = `${job.backendPorts[headers.get('auth-protocol') ?? ''] ?? 0}`;
  const where = { 'Auth-Server': job.backendHosts[served % job.backendHosts.length] ?? '', 'Auth-Port': port };
  return said({ 'Auth-Status': 'OK', ...where, 'Auth-User': user, 'Auth-Pass': password });
}

function attemptOf(headers: Headers): Attempt | undefined {
  const identity = canonicalAccount(decodeURIComponent(headers.get('auth-user') ?? ''), RULES);
  const protocol = PROTOCOLS[headers.get('auth-protocol') ?? ''];
  if (identity.kind === 'refused' || protocol === undefined) return undefined;
  served += 1;
  return {
    protocol,
    account: identity.account,
    offered: { kind: 'password', password: new Secret(decodeURIComponent(headers.get('auth-pass') ?? '')) },
    client: { address: headers.get('client-ip') ?? '', port: 0, tls: true },
    listener: 'nginx',
    sessionId: `${served}`,
  };
}

function said(headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { headers });
}
