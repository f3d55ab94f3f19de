/**
 * The portal as an HTTP application: for each row of the table of routes it checks host, origin, token and level, in this
 * order, before a page is asked. It listens nowhere; that is server.ts.
 */

import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { randomBytes } from 'node:crypto';
import { unreachable } from '#core/fault.ts';
import { namesOneHost } from '#web/one-host.ts';
import { addressFromProxy, networkContains, parseNetwork } from '#core/network.ts';
import { loadAssets, type Asset, type Assets } from '#portal/http/assets.ts';
import { rightTo } from '#portal/admin/admin-rights.ts';
import { makeBrowserSessions, randomToken } from '#portal/session/browser-sessions.ts';
import { COOKIES, COOKIE_FORM, type CookieChange } from '#portal/http/cookies.ts';
import { addClientSettings, rewrittenUrl } from '#portal/devices/autoconfig-routes.ts';
import { CSRF_FIELD, isOwnForm, isOwnOrigin } from '#portal/http/csrf.ts';
import { faultPage, faultPageOf, type FaultPage } from '#portal/layout/error-pages.ts';
import { ASSET_HEADERS, headersFor, PAGE_HEADERS } from '#portal/http/headers.ts';
import { layout } from '#portal/layout/layout.ts';
import { missingStep, type MissingStep } from '#portal/http/access-levels.ts';
import { filledIn, PATHS, placeNamed, type OwnPath } from '#portal/http/paths.ts';
import { blankRequest, requestOf, type Reading } from '#portal/http/page-request.ts';
import { ROUTES } from './routes.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import { redirect, type PageResponse, type Route, type PageRequest } from '#portal/http/page.ts';

const MAX_BODY_BYTES = 32_768;
const MAX_PATH_CHARACTERS = 255;

/** An address that no page has. */
const NOWHERE = '/-';

interface Around {
  readonly reading: Reading;
  readonly url: URL;
  readonly assets: Assets;
}

/** Makes the application; `routes` is the table unless a test brings its own. */
export async function makeApp(parts: PortalParts, routes: readonly Route[] = ROUTES): Promise<FastifyInstance> {
  const url = new URL(parts.settings.url);
  const base = url.pathname.replace(/\/+$/, '');
  const places = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
  const reading: Reading = {
    parts,
    sessions: makeBrowserSessions(parts.context),
    base,
    placeNamed: (text) => placeNamed(text, places),
  };
  const around: Around = { reading, url, assets: loadAssets() };
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: trustedBy(parts.settings.trustedProxies),
    routerOptions: { maxParamLength: MAX_PATH_CHARACTERS },
    // The library would answer an address that cannot be decoded by itself, past all hooks.
    rewriteUrl: ({ url: typed = '/' }) => (isDecodable(typed) ? rewrittenUrl(typed) : NOWHERE),
    return503OnClosing: false,
  });
  app.removeAllContentTypeParsers();
  await app.register(cookie);
  await app.register(formbody, { parser: (text: string) => ({ fields: new URLSearchParams(text) }) });
  app.addHook('onRequest', async (incoming, reply) => {
    reply.headers(headersFor(url));
    if (!namesOneHost(incoming.raw.rawHeaders)) return sendFault(incoming, reply, 'badRequest', around);
  });
  await addClientSettings(app, parts);
  for (const route of routes) addRoute(app, route, around);
  for (const asset of Object.values(around.assets)) addAsset(app, base, asset);
  app.setNotFoundHandler((incoming, reply) =>
    sendFault(incoming, reply, incoming.headers.host === url.host ? 'notFound' : 'wrongHost', around),
  );
  app.setErrorHandler((error, incoming, reply) => onError(error, { incoming, reply, around }));
  return app;
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

function addRoute(app: FastifyInstance, route: Route, around: Around): void {
  app.route({
    method: route.method,
    url: around.reading.base + route.path,
    // Whoever only asks whether there is something must not use it up.
    exposeHeadRoute: route.path !== PATHS.fetchProfile,
    handler: async (incoming, reply) => {
      const { cookie: browserCookie, isNew } = cookieOf(incoming);
      const blank = blankRequest(incoming, browserCookie, around.reading);
      if (incoming.headers.host !== around.url.host) return send(blank, reply, wrongHost(blank, around), around);
      const request = await requestOf(incoming, browserCookie, around.reading);
      if (route.method === 'POST' && !isOwn(incoming, request, isNew ? '' : browserCookie, around.url)) {
        return send(request, reply, faultPage(request, 'foreignForm'), around);
      }
      if (isNew) reply.setCookie(COOKIES.session, browserCookie, COOKIE_FORM);
      return send(request, reply, await answerOf(route, request), around);
    },
  });
}

async function answerOf(route: Route, request: PageRequest): Promise<PageResponse> {
  const missing = missingStep(route.level, request.who, request.now);
  const closed = closedBy(route, request, missing);
  if (closed !== undefined) return faultPage(request, closed);
  if (missing !== undefined) return insteadOf(route, request, missing);
  if (route.level === 'public') return route.handle(request);
  const { who } = request;
  return who === undefined ? insteadOf(route, request, 'sign-in') : route.handle({ ...request, who });
}

// Why a page of admins is none for whoever is signed in; undefined where it is, or where something is missing for it.
function closedBy(
  route: Route,
  { who, domain, parts }: PageRequest,
  missing: MissingStep | undefined,
): FaultPage | undefined {
  if (!('right' in route) || who === undefined || who.session.level !== 'full') return undefined;
  // Somebody who is no admin is not led to a set-up that only admins need.
  if (who.grants.length === 0) return 'notFound';
  if (missing === 'set-up' && who.policy.mode === 'disabled') return 'adminWithoutTwoStep';
  const right = missing === undefined ? rightTo(who, route.right, domain) : 'given';
  if (right === 'given') return undefined;
  if (right === 'unseen') return 'notFound';
  parts.log.warn('browser.request-refused', { user: who.account.name, reason: 'right' });
  return 'forbidden';
}

const WAYS = {
  'sign-in': PATHS.signIn,
  'second-factor': PATHS.secondFactor,
  'set-up': PATHS.setUp,
  'step-up': PATHS.stepUp,
  'local-step-up': PATHS.adminConfirm,
  mailbox: PATHS.admin,
} as const satisfies Record<MissingStep, OwnPath>;

const NOWHERE_TO_GO_ON: ReadonlySet<MissingStep> = new Set<MissingStep>(['set-up', 'mailbox']);

// Leads to what is missing, and from there back to the page: a form that was sent too late is not sent again.
function insteadOf(route: Route, request: PageRequest, missing: MissingStep): PageResponse {
  const returnTo = route.method === 'GET' ? route.path : route.returnTo;
  const next = returnTo === undefined ? undefined : placeNamed(filledIn(returnTo, request), [returnTo]);
  return redirect(WAYS[missing], { next: NOWHERE_TO_GO_ON.has(missing) || next === PATHS.home ? undefined : next });
}

function cookieOf(incoming: FastifyRequest): { readonly cookie: string; readonly isNew: boolean } {
  const given = incoming.cookies[COOKIES.session] ?? '';
  return given === '' ? { cookie: randomToken(), isNew: true } : { cookie: given, isNew: false };
}

function isOwn(incoming: FastifyRequest, request: PageRequest, browserCookie: string, url: URL): boolean {
  const token = request.form.text(CSRF_FIELD);
  const own = isOwnOrigin(incoming.headers, url) && isOwnForm(request.parts.context.keyring, browserCookie, token);
  if (!own) request.parts.log.warn('browser.request-refused', { address: request.address, reason: 'foreign form' });
  return own;
}

function wrongHost(request: PageRequest, { url }: Around): PageResponse {
  return faultPage(request, 'wrongHost', url.href);
}

function send(request: PageRequest, reply: FastifyReply, answer: PageResponse, { assets }: Around): FastifyReply {
  reply.headers(PAGE_HEADERS);
  setCookies(reply, answer.cookies ?? []);
  switch (answer.kind) {
    case 'page':
      reply.status(answer.status ?? 200).type('text/html; charset=utf-8');
      return reply.send(layout(request, assets, answer).toString());
    case 'redirect': {
      const next = answer.next === undefined ? '' : `?${new URLSearchParams({ next: answer.next }).toString()}`;
      const anchor = answer.anchor === undefined ? '' : `#${encodeURIComponent(answer.anchor)}`;
      return reply.redirect(request.link(answer.to) + next + anchor, 303);
    }
    case 'download':
      reply.type(`${answer.type ?? 'text/plain'}; charset=utf-8`);
      reply.header('content-disposition', `attachment; filename="${answer.fileName}"`);
      return reply.send(answer.text);
    case 'file':
      reply.type(answer.type).header('content-disposition', `inline; filename="${answer.fileName}"`);
      return reply.send(answer.body);
    default:
      return unreachable(answer);
  }
}

function setCookies(reply: FastifyReply, changes: readonly CookieChange[]): void {
  for (const { name, value, maxAgeSeconds: maxAge } of changes) {
    if (value === '') reply.clearCookie(name, COOKIE_FORM);
    else reply.setCookie(name, value, maxAge === undefined ? COOKIE_FORM : { ...COOKIE_FORM, maxAge });
  }
}

function sendFault(incoming: FastifyRequest, reply: FastifyReply, fault: FaultPage, around: Around): FastifyReply {
  const request = blankRequest(incoming, '', around.reading);
  return send(request, reply, faultPage(request, fault), around);
}

function onError(
  error: unknown,
  { incoming, reply, around }: { incoming: FastifyRequest; reply: FastifyReply; around: Around },
): FastifyReply {
  const fault = faultPageOf(error);
  const request = blankRequest(incoming, '', around.reading);
  const session = randomBytes(6).toString('hex');
  const { log } = around.reading.parts;
  if (fault === 'internal') log.error('fault', { session, address: request.address, error });
  else if (fault === 'unavailable') log.warn('browser.request-refused', { session, address: request.address, error });
  else log.info('browser.request-refused', { address: request.address, reason: fault });
  return send(request, reply, faultPage(request, fault, fault === 'internal' ? session : undefined), around);
}

function addAsset(app: FastifyInstance, base: string, { path, type, body }: Asset): void {
  app.get(base + path, async (_request, reply) => reply.headers(ASSET_HEADERS).type(type).send(body));
}

// Nobody is believed unless configured: whoever is, may name any address.
function trustedBy(blocks: readonly string[]): false | ((address: string) => boolean) {
  const networks = blocks.flatMap((block) => parseNetwork(block) ?? []);
  if (networks.length === 0) return false;
  return (text) => {
    const address = addressFromProxy(text);
    return address !== undefined && networks.some((network) => networkContains(network, address));
  };
}
