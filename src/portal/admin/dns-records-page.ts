/** Admin › DNS records: by which mail apps find the servers of a domain, to be pasted into its zone. */

import { dnsRecords } from '#portal/devices/dns-records.ts';
import { html } from '#portal/markup/html.ts';
import { PATHS } from '#portal/http/paths.ts';
import { copyButton } from '#portal/layout/secret-display.ts';
import type { PageResponse, Route, SignedInRequest } from '#portal/http/page.ts';
import { adminHead } from './admin-pane.ts';

export const dnsRecordRoutes: readonly Route[] = [
  { method: 'GET', path: PATHS.adminDns, level: 'admin', right: 'look', handle: page },
];

async function page(request: SignedInRequest): Promise<PageResponse> {
  const { texts, domain, parts } = request;
  const { devices: words, admin } = texts;
  const { mailServers, url } = parts.settings;
  const text = dnsRecords(domain, mailServers, new URL(url)).join('\n');
  const body = html`${await adminHead(request, 'dns')}
    <section class="card">
      <p>${words.dnsLead}</p>
      <div class="zone" tabindex="0" role="region" aria-label="${admin.parts.dns}"><pre>${text}</pre></div>
      <p>${copyButton(request, { id: 'dns-records', text, label: words.dnsCopy })}</p>
      <p class="hint">${words.dnsCertificate(`autoconfig.${domain}`)}</p>
    </section>`;
  return { kind: 'page', title: admin.parts.dns, body };
}
