/**
 * nginx's mail proxy asks here whom it may let in: its auth_http protocol, headers in and headers out
 * (https://nginx.org/en/docs/mail/ngx_mail_auth_http_module.html). A refusal carries the gateway's own words.
 */

import type { FastifyRequest } from 'fastify';
import { Fault } from '#core/fault.ts';
import { canonicalAddress } from '#core/network.ts';
import { Secret } from '#core/secret.ts';
import { PROTOCOL_FACTS, PROTOCOLS, type Protocol } from '#core/protocols.ts';
import type { TokenGrant } from '#policy/admins/service-tokens.ts';
import type { BackendPlace, Refusal, ServiceParts } from './settings.ts';
import { verifyLogin, type LoginAnswer } from './verify.ts';

// nginx keeps a client for another try only when it is told to wait.
const REFUSAL_WAIT_SECONDS = 1;
const THROTTLED_WAIT_SECONDS = 3;
const MAX_TRIES = 5;

/** The headers that answer a request of nginx. Throws only for a bug: what nginx sends amiss is a refusal. */
export async function answerNginx(
  request: FastifyRequest,
  grant: TokenGrant,
  parts: ServiceParts,
): Promise<Readonly<Record<string, string>>> {
  const header = (name: string): string => textOf(request.headers[name]);
  const asked = header('auth-protocol');
  const protocol = PROTOCOLS.find((one) => PROTOCOL_FACTS[one].nginx === asked);
  const address = canonicalAddress(header('client-ip'));
  if (protocol === undefined || address === undefined || header('auth-method') !== 'plain') {
    parts.log.warn('service.request-refused', { session: request.id, reason: 'not a login that we can judge' });
    return { 'Auth-Status': 'This way of signing in is not supported', 'Auth-Error-Code': '504 5.5.4' };
  }
  const answer = await verifyLogin(
    {
      authcid: nginxDecoded(header('auth-user')).toString('utf8'),
      offered: { kind: 'password', password: new Secret(nginxDecoded(header('auth-pass'))) },
      protocol,
      client: { address, port: 0, tls: header('auth-ssl') === 'on' },
      asker: 'nginx',
      grant,
      sessionId: request.id,
      ordinaryPassword: 'asked-here',
    },
    parts,
  );
  const around = { protocol, sessionId: request.id, tries: Number(header('auth-login-attempt')) || 1, parts };
  return answer.kind === 'accepted' ? accepted(answer, around) : refused(refusalOf(answer), around);
}

interface Around {
  readonly protocol: Protocol;
  readonly sessionId: string;
  readonly tries: number;
  readonly parts: ServiceParts;
}

/**
 * The octets of a header value that nginx wrote: it escapes blanks, quotes, percent signs, control characters and every
 * octet beyond ASCII as %XX (ngx_escape_uri with NGX_ESCAPE_MAIL_AUTH).
 */
export function nginxDecoded(value: string): Buffer {
  return Buffer.from(
    value.replace(/%([\dA-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function accepted(
  { account, opener }: Extract<LoginAnswer, { kind: 'accepted' }>,
  around: Around,
): Readonly<Record<string, string>> {
  const { protocol, parts, sessionId } = around;
  const place = parts.handOver(account, protocol);
  if (place === undefined) {
    parts.log.error('backend.unusable', { user: account.name, protocol, reason: 'no service.nginx for its backend' });
    return refused({ kind: 'unavailable' }, around);
  }
  const login = opener.kind === 'ordinary-password' ? { user: place.user } : impersonation(place);
  const headers = {
    'Auth-Status': 'OK',
    'Auth-Server': place.address,
    'Auth-Port': String(place.port),
    'Auth-User': headerText(login.user),
    ...('password' in login ? { 'Auth-Pass': headerText(login.password) } : {}),
  };
  if (Object.values(headers).every((value) => isCarried(value))) return headers;
  parts.log.error('fault', {
    session: sessionId,
    error: new Fault('CONFIG_INVALID', 'no header can carry this login'),
  });
  return refused({ kind: 'unavailable' }, around);
}

function impersonation({ user, impersonation: how }: BackendPlace): { user: string; password?: string } {
  return how === 'name-alone' ? { user } : how;
}

function refused(refusal: Refusal, { protocol, sessionId, tries, parts }: Around): Readonly<Record<string, string>> {
  const { text, smtpCode } = parts.words.inProtocol(protocol, refusal, sessionId);
  const wait = refusal.kind === 'throttle' ? THROTTLED_WAIT_SECONDS : REFUSAL_WAIT_SECONDS;
  return {
    'Auth-Status': text,
    'Auth-Error-Code': smtpCode,
    // Without a wait nginx closes the connection: after an outage, and when somebody goes on and on.
    ...(refusal.kind === 'unavailable' || tries >= MAX_TRIES ? {} : { 'Auth-Wait': String(wait) }),
  };
}

function refusalOf(answer: Exclude<LoginAnswer, { kind: 'accepted' }>): Refusal {
  // It is asked here, so nothing is ever left to nginx.
  return answer.kind === 'forward' ? { kind: 'unavailable' } : answer;
}

// RFC 9110 §5.5: neither control characters, nor blanks at either end, which are cut off.
function isCarried(value: string): boolean {
  return !/^[ \t]|[ \t]$/.test(value) && Buffer.from(value, 'latin1').every((byte) => byte > 0x1f && byte !== 0x7f);
}

// Node writes header values as Latin-1; nginx passes the bytes on as they are, and the mail server expects UTF-8.
function headerText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
