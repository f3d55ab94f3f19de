/**
 * What a one-time link leads to: a page that uses nothing up, since cameras and messengers look ahead, and from there the
 * signed profile, which makes the device's app password and ends the link.
 */

import { randomUUID } from 'node:crypto';
import { appleProfile } from './apple-profile.ts';
import { deviceAppPassword, wholeServers } from './device-app-password.ts';
import { html } from '#portal/markup/html.ts';
import { PATHS, withId } from '#portal/http/paths.ts';
import { lookUpLink, useLink } from './set-up-links.ts';
import type { PageResponse, Route, PageRequest } from '#portal/http/page.ts';

export const fetchSettingsRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.fetchSettings, level: 'public', handle: page },
  { method: 'GET', path: PATHS.fetchProfile, level: 'public', handle: profile },
];

const APPLE_PROFILE = 'application/x-apple-aspen-config';

async function page(request: PageRequest): Promise<PageResponse> {
  const { devices: words } = request.texts;
  const link = await lookUpLink(request.parts.context, request.id);
  if (link === undefined) return gone(request);
  const body = html`<div class="card">
    <h1>${words.fetchTitle}</h1>
    <p class="lead">${words.fetchLead(link.account.name)}</p>
    <p>${words.fetchText}</p>
    <p>
      <a class="button main" href="${request.link(withId(PATHS.fetchProfile, request.id))}">${words.fetchButton}</a>
    </p>
    <p class="hint">${words.fetchOnce}</p>
  </div>`;
  return { kind: 'page', title: words.fetchTitle, body };
}

async function profile(request: PageRequest): Promise<PageResponse> {
  const { parts, texts, now } = request;
  const { context, settings } = parts;
  const servers = wholeServers(settings.mailServers);
  const link = servers && (await useLink(context, request.id));
  if (servers === undefined || link === undefined) return gone(request);
  const { appPassword, secret } = await deviceAppPassword(context, link.account, link.name);
  const text = appleProfile({
    account: link.account.name,
    password: secret,
    id: appPassword.id,
    uuids: { profile: randomUUID(), account: randomUUID() },
    service: context.issuer,
    host: new URL(settings.url).hostname,
    description: texts.devices.profileText(link.account.name),
    servers,
  });
  const plain = Buffer.from(text);
  const body = (await parts.signProfile?.(plain, now)) ?? plain;
  return { kind: 'file', fileName: 'mail.mobileconfig', type: APPLE_PROFILE, body };
}

function gone(request: PageRequest): PageResponse {
  const { devices: words } = request.texts;
  const body = html`<div class="card">
    <h1>${words.fetchGone}</h1>
    <p>${words.fetchGoneText}</p>
  </div>`;
  return { kind: 'page', status: 410, title: words.fetchGone, body };
}
