/** Who is connected now, with a way to end it, and what has happened to the account lately. */

import { Fault } from '#core/fault.ts';
import type { SessionCredential } from '#core/verdict.ts';
import { cutOffSession } from '#policy/accounts/accounts.ts';
import type { AuditEntry } from '#policy/ports/audit.ts';
import { distrustBrowser, listTrustedBrowsers, type TrustedBrowser } from '#policy/factors/trusted-browsers.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { form } from '#portal/layout/layout.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { time } from '#portal/markup/times.ts';
import { redirect, type PageResponse, type Route, type SignedInRequest } from '#portal/http/page.ts';
import { eventWords } from './event-text.ts';
import type { SessionRecord } from '#core/session.ts';

export const activityRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.activity, level: 'full', handle: page },
  { method: 'POST', path: PATHS.cutOff, level: 'full', returnTo: PATHS.activity, handle: cutOff },
  { method: 'POST', path: PATHS.distrust, level: 'full', returnTo: PATHS.activity, handle: distrust },
];

const EVENTS = 50;

async function page(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, texts } = request;
  const { activity: words } = texts;
  const { store } = parts.context;
  const { domain, name } = who.account;
  const [sessions, browsers, events] = await Promise.all([
    store.listSessions({ by: 'account', account: who.account }),
    listTrustedBrowsers(parts.context, who.account),
    store.listAudit({ domain, account: name, limit: EVENTS }),
  ]);
  const newest = sessions.toSorted((a, b) => b.openedAt - a.openedAt);
  const body = html`<nav class="trail" aria-label="${texts.trail}">
      <ol>
        <li>${texts.settings}</li>
        <li aria-current="page">${words.title}</li>
      </ol>
    </nav>
    <h1>${words.title}</h1>
    <section class="card" aria-labelledby="connected">
      <h2 id="connected">${words.connectedTitle}</h2>
      <p>${newest.length === 0 ? words.nobody : words.connectedLead}</p>
      ${
        newest.length > 0 &&
        html`<ul class="cards">
          ${newest.map((session) => connected(request, session))}
        </ul>`
      }
    </section>
    ${browsers.length > 0 && trustedBrowsers(request, browsers)}
    <section class="card" aria-labelledby="recent">
      <h2 id="recent">${words.recentTitle}</h2>
      <p>${events.length === 0 ? words.noEvents : words.recentLead}</p>
      ${
        events.length > 0 &&
        html`<ul class="events">
          ${events.map((entry) => event(request, entry))}
        </ul>`
      }
    </section>`;
  return { kind: 'page', title: words.title, body };
}

function connected(request: SignedInRequest, session: SessionRecord): Html {
  const { texts, language } = request;
  const { activity: words } = texts;
  const { id, protocol, address, opener, openedAt } = session;
  const label = words.cutOffNamed(texts.protocols[protocol], address);
  const button = html`<button class="small" aria-label="${label}">${words.cutOff}</button>`;
  return html`<li>
    <h3>${texts.protocols[protocol]}</h3>
    <dl class="facts">
      <div>
        <dt>${words.from}</dt>
        <dd>${address}</dd>
      </div>
      <div>
        <dt>${words.signedInWith}</dt>
        <dd>${openerWords(request, opener)}</dd>
      </div>
      <div>
        <dt>${words.since}</dt>
        <dd>${time(openedAt, language)}</dd>
      </div>
    </dl>
    ${form(request, withId(PATHS.cutOff, id), button, 'inline')}
  </li>`;
}

function trustedBrowsers(request: SignedInRequest, browsers: readonly TrustedBrowser[]): Html {
  const { texts, language } = request;
  const { activity: words } = texts;
  const cards = browsers.map(({ id, browser, network, usedAt, expiresAt }) => {
    const button = html`<button class="small" aria-label="${words.distrustNamed(browser)}">${words.distrust}</button>`;
    return html`<li>
      <h3>${browser}</h3>
      <dl class="facts">
        <div>
          <dt>${words.from}</dt>
          <dd>${network}</dd>
        </div>
        <div>
          <dt>${words.lastSeen}</dt>
          <dd>${time(usedAt, language)}</dd>
        </div>
        <div>
          <dt>${words.trustedUntil}</dt>
          <dd>${time(expiresAt, language)}</dd>
        </div>
      </dl>
      ${form(request, withId(PATHS.distrust, id), button, 'inline')}
    </li>`;
  });
  return html`<section class="card" aria-labelledby="browsers">
    <h2 id="browsers">${words.browsersTitle}</h2>
    <p>${words.browsersLead}</p>
    <ul class="cards">
      ${cards}
    </ul>
  </section>`;
}

function event(request: SignedInRequest, entry: AuditEntry): Html {
  const { what, who } = eventWords(request, entry);
  return html`<li>
    <span>${what}${who !== '' && html` <small>${who}</small>`}</span> ${time(entry.at, request.language)}
  </li>`;
}

async function cutOff(request: SignedInRequest): Promise<PageResponse> {
  const { parts, who, id } = request;
  const own = await parts.context.store.listSessions({ by: 'account', account: who.account });
  const session = own.find((one) => one.id === id);
  // It may have ended by itself; somebody else's is not told from one that never was.
  if (session === undefined) throw new Fault('NOT_FOUND', 'the account has no such session');
  await cutOffSession(parts.context, who.account.name, session);
  return redirect(PATHS.activity);
}

async function distrust({ parts, who, id }: SignedInRequest): Promise<PageResponse> {
  if (await distrustBrowser(parts.context, who.account, id)) return redirect(PATHS.activity);
  throw new Fault('NOT_FOUND', 'the account trusts no such browser');
}

function openerWords({ who, texts }: SignedInRequest, opener: SessionCredential): string {
  const { activity: words } = texts;
  if (opener.kind !== 'app-password') return words.openers[opener.kind];
  const known = who.record.appPasswords.find(({ id }) => id === opener.id);
  return known === undefined ? words.openers['app-password'] : words.namedPassword(known.name);
}
