/** The DNS records of a domain, to be pasted into its zone; for pages of admins. */

import { dnsRecords } from '../dns-records.ts';
import { html, type Html } from '../html.ts';
import { copyButton } from '../secrets.ts';
import type { Visit } from '../visit.ts';

/** The section with the records of this domain. */
export function dnsRecordsSection(visit: Visit, domain: string): Html {
  const { devices: words } = visit.texts;
  const { settings } = visit.parts;
  const text = dnsRecords(domain, settings.mailServers, new URL(settings.url)).join('\n');
  return html`<section class="card" aria-labelledby="dns">
    <h2 id="dns">${words.dnsTitle}</h2>
    <p>${words.dnsLead}</p>
    <pre class="zone" tabindex="0" aria-label="${words.dnsTitle}"><code id="dns-records">${text}</code></pre>
    ${copyButton(visit, { id: 'dns-records', text, label: words.dnsCopy })}
    <p class="hint">${words.dnsCertificate(`autoconfig.${domain}`)}</p>
  </section>`;
}
