/** From a request to a visit: who asks, in which language, with which form. Says nothing yet. */

import type { FastifyRequest } from 'fastify';
import { addressFromProxy } from '#core/network.ts';
import { Secret } from '#core/secret.ts';
import { localAdminAccount, localAdminNamed, lookupGrants } from '#policy/admins/admins.ts';
import { policyAt } from '#policy/rules/domain-policy.ts';
import { factorsOf, needsSetUp } from '#policy/factors/factors.ts';
import { localMark, lookupLocalAdmin } from '#policy/admins/local-admins.ts';
import { accountNamed } from '#policy/accounts/user-listing.ts';
import { sameText } from '#policy/secrets/app-password.ts';
import { browserName } from './user-agent.ts';
import { isBoundTo, type BrowserSession, type BrowserSessions } from '#portal/session/browser-sessions.ts';
import { COOKIES } from './cookies.ts';
import { csrfToken } from './csrf.ts';
import type { OwnPath } from './paths.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import { languageNamed, type Language } from '#core/languages.ts';
import { preferredLanguage, textsOf } from '#portal/texts/texts.ts';
import type { Form, PageRequest, SignedInUser } from './page.ts';
import { EMPTY_ACCOUNT } from '#policy/ports/records.ts';

const MAX_SECRET = 1024;

export interface Reading {
  readonly parts: PortalParts;
  readonly sessions: BrowserSessions;
  /** The path of the portal's own address, without a slash at its end. */
  readonly base: string;
  /** Where a text says to go on to, if it is a place of ours. */
  readonly placeNamed: (text: string) => OwnPath | undefined;
}

/** The visit of a request. `cookie` is the browser's, or one that is about to be given to it. */
export async function requestOf(incoming: FastifyRequest, cookie: string, reading: Reading): Promise<PageRequest> {
  const request = blankRequest(incoming, cookie, reading);
  const who = await lookupWho(cookie, reading, request.now);
  const language = languageOf(incoming, who?.session.language);
  return { ...request, language, texts: textsOf(language), who };
}

/** A visit by somebody unknown: what is left when the store cannot be asked. */
export function blankRequest(incoming: FastifyRequest, cookie: string, reading: Reading): PageRequest {
  const { parts, sessions, base } = reading;
  const language = languageOf(incoming, undefined);
  const form = formOf(fieldsIn(incoming.body));
  const url = new URL(incoming.url, 'http://portal.invalid');
  return {
    parts,
    sessions,
    now: parts.context.clock(),
    address: addressFromProxy(incoming.ip) ?? '',
    browser: browserName(incoming.headers['user-agent'] ?? ''),
    path: url.pathname.slice(base.length) || '/',
    id: parameterIn(incoming.params, 'id'),
    domain: parameterIn(incoming.params, 'domain'),
    user: parameterIn(incoming.params, 'user'),
    query: formOf(url.searchParams),
    next: reading.placeNamed(incoming.method === 'GET' ? (url.searchParams.get('next') ?? '') : form.text('next')),
    form,
    language,
    texts: textsOf(language),
    csrf: csrfToken(parts.context.keyring, cookie),
    seenBrowser: incoming.cookies[COOKIES.seen] ?? '',
    trustedBrowser: incoming.cookies[COOKIES.trustedBrowser] ?? '',
    link: (path) => base + path,
    who: undefined,
  };
}

async function lookupWho(cookie: string, { parts, sessions }: Reading, now: number): Promise<SignedInUser | undefined> {
  const session = await sessions.load(cookie);
  if (session === undefined) return undefined;
  const who = await whoIs(session, parts, now);
  if (who === undefined) await sessions.end(session);
  return who;
}

// Undefined when the session belongs to what is no longer so.
async function whoIs(session: BrowserSession, parts: PortalParts, now: number): Promise<SignedInUser | undefined> {
  const local = localAdminNamed(session.account);
  if (local !== undefined) return localWho(session, parts, local);
  const account = accountNamed(session.account);
  const { store, keyring } = parts.context;
  const [own, domain] = await Promise.all([store.lookupAccount(account), store.lookupDomain(account.domain)]);
  const record = own.record ?? EMPTY_ACCOUNT;
  if (!isBoundTo(session, keyring, record)) return undefined;
  const policy = policyAt(domain.record, now);
  const pendingStep = needsSetUp(policy, record) ? 'set-up' : 'nothing';
  const grants =
    session.level === 'full' ? await lookupGrants(parts.context, parts.admins.configured, account.name) : [];
  return { kind: 'mailbox', session, account, record, policy, factors: factorsOf(record), pendingStep, grants };
}

async function localWho(
  session: BrowserSession,
  { context }: PortalParts,
  name: string,
): Promise<SignedInUser | undefined> {
  const admin = await lookupLocalAdmin(context, name);
  if (admin === undefined || !sameText(session.factorsMark, localMark(context.keyring, admin))) return undefined;
  const { role, domains } = admin;
  return {
    kind: 'local-admin',
    session,
    account: localAdminAccount(name),
    record: EMPTY_ACCOUNT,
    policy: policyAt(undefined, 0),
    factors: ['totp'],
    pendingStep: 'nothing',
    grants: [{ name, role, domains }],
  };
}

function languageOf(incoming: FastifyRequest, chosen: string | undefined): Language {
  const named = languageNamed(incoming.cookies[COOKIES.language] ?? '') ?? languageNamed(chosen ?? '');
  return named ?? preferredLanguage(incoming.headers['accept-language'] ?? '');
}

function formOf(fields: URLSearchParams): Form {
  return {
    text: (name, limit = 200) => (fields.get(name) ?? '').slice(0, limit),
    secret: (name) => new Secret((fields.get(name) ?? '').slice(0, MAX_SECRET)),
    all: (name) => fields.getAll(name).slice(0, 100),
  };
}

// What the parser of forms makes of a body (portal/app.ts).
function fieldsIn(body: unknown): URLSearchParams {
  const given = typeof body === 'object' && body !== null && 'fields' in body ? body.fields : undefined;
  return given instanceof URLSearchParams ? given : new URLSearchParams();
}

function parameterIn(params: unknown, name: 'id' | 'domain' | 'user'): string {
  if (typeof params !== 'object' || params === null) return '';
  return String(Object.entries(params).find(([key]) => key === name)?.[1] ?? '');
}
