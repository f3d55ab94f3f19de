/** Set up a device: servers, ports and user name, program by program, and the way to what a device fetches by itself. */

import { usesAppPasswords, wholeServers } from './device-app-password.ts';
import { html, type Html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';

export const deviceRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.devices, level: 'full', handle: async (request) => page(request) },
];

function page(request: SignedInRequest): PageResponse {
  const { texts, parts } = request;
  const { devices: words } = texts;
  const { mailServers } = parts.settings;
  const body = html`${deviceHead(request)}
    <p class="lead">${words.lead}</p>
    ${details(request, mailServers)}
    <section class="card programs" aria-labelledby="programs">
      <h2 id="programs">${words.programs}</h2>
      ${programs(request)}
    </section>`;
  return { kind: 'page', title: words.title, body };
}

/** `Settings › Set up a device`, and the title below it when it is another one. */
export function deviceHead(request: SignedInRequest, title?: string): Html {
  const { texts } = request;
  const here = texts.devices.title;
  const last =
    title === undefined
      ? html`<li aria-current="page">${here}</li>`
      : html`<li><a href="${request.link(PATHS.devices)}">${here}</a></li>`;
  return html`<nav class="trail" aria-label="${texts.trail}">
      <ol>
        <li>${texts.settings}</li>
        ${last}
      </ol>
    </nav>
    <h1>${title ?? here}</h1>`;
}

function details(request: SignedInRequest, servers: readonly MailServer[]): Html {
  const { who, texts } = request;
  const { devices: words } = texts;
  const own = usesAppPasswords(who);
  const add = html`<br /><a href="${request.link(PATHS.newAppPassword)}">${words.addAppPassword}</a>`;
  return html`<section class="card" aria-labelledby="details">
    <h2 id="details">${words.yourDetails}</h2>
    <dl class="facts">
      <div>
        <dt>${words.userName}</dt>
        <dd><code>${who.account.name}</code></dd>
      </div>
      <div>
        <dt>${words.password}</dt>
        <dd>${own ? words.appPassword : words.usualPassword}${own && add}</dd>
      </div>
      <div>
        <dt>${words.authentication}</dt>
        <dd>${words.normalPassword}</dd>
      </div>
    </dl>
    ${servers.length === 0 && html`<p>${words.none}</p>`} ${servers.map((server) => serverFacts(request, server))}
  </section>`;
}

function serverFacts({ texts }: SignedInRequest, { protocol, host, port, tls }: MailServer): Html {
  const { devices: words } = texts;
  const facts = [
    [words.server, html`<code>${host}</code>`],
    [words.port, html`<code>${port}</code>`],
    [words.security, words.securities[tls]],
  ] as const;
  return html`<h3>${texts.protocols[protocol]}</h3>
    <dl class="facts narrow">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`;
}

function programs(request: SignedInRequest): readonly Html[] {
  const { who, parts, texts } = request;
  const { devices: words } = texts;
  const { name } = who.account;
  const able = usesAppPasswords(who) && wholeServers(parts.settings.mailServers) !== undefined;
  const byCode = [
    program(
      words.apple,
      html`<p>${words.appleLead}</p>
        ${button(request, PATHS.deviceApple, words.appleButton)}`,
      'open',
    ),
    program(
      words.thunderbirdAndroid,
      html`<p>${words.thunderbirdAndroidLead}</p>
        ${button(request, PATHS.deviceThunderbird, words.thunderbirdAndroidButton)}`,
      'open',
    ),
  ];
  return [
    ...(able ? byCode : []),
    program(words.outlook, steps(words.outlookSteps(name))),
    program(words.thunderbird, steps(words.thunderbirdSteps(name))),
    program(words.android, steps(words.androidSteps(name))),
  ];
}

function program(title: string, content: Html, state?: 'open'): Html {
  return html`<details ${state === 'open' && html`open`}>
    <summary><h3>${title}</h3></summary>
    ${content}
  </details>`;
}

function steps(text: string): Html {
  return html`<ol class="steps">
    ${text.split('\n').map((step) => html`<li>${step}</li>`)}
  </ol>`;
}

function button(request: SignedInRequest, path: `/${string}`, label: string): Html {
  return html`<p><a class="button main" href="${request.link(path)}">${label}</a></p>`;
}
