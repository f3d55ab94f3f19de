/**
 * What mail programs fetch by themselves: Thunderbird's autoconfig (config-v1.1) and Outlook's autodiscover (POX). Both
 * say the same for every address, whether there is such an account or not. [MS-OXDSCLI] §2.2.4, §3.1.
 */

import { canonicalDomain } from '#core/identity.ts';
import { PROTOCOL_FACTS } from '#core/protocols.ts';
import { html as xml, type Html } from '#portal/markup/html.ts';
import type { MailServer } from '#portal/ports/portal-services.ts';

/** The autoconfig document. `address` is what was asked for, '' for nothing; `service` is the name to show. */
export function autoconfig(
  address: string,
  about: { readonly servers: readonly MailServer[]; readonly service: string; readonly host: string },
): string {
  const domain = canonicalDomain(address.slice(address.lastIndexOf('@') + 1)) ?? about.host;
  return xml`<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="${domain}">
    <domain>${domain}</domain>
    <displayName>${about.service}</displayName>
    <displayShortName>${about.service}</displayShortName>${about.servers.map((server) => autoconfigServer(server))}
  </emailProvider>
</clientConfig>
`.toString();
}

function autoconfigServer({ protocol, host, port, tls }: MailServer): Html | undefined {
  const known = PROTOCOL_FACTS[protocol].autoconfig;
  if (known === undefined) return undefined;
  const element = `${known.direction}Server`;
  // The password is sent as it is, inside TLS: that is what "cleartext" means there.
  return xml`
    <${element} type="${known.type}">
      <hostname>${host}</hostname>
      <port>${port}</port>
      <socketType>${tls === 'implicit' ? 'SSL' : 'STARTTLS'}</socketType>
      <authentication>password-cleartext</authentication>
      <username>%EMAILADDRESS%</username>
    </${element}>`;
}

const POX = 'http://schemas.microsoft.com/exchange/autodiscover';
const OUTLOOK = `${POX}/outlook/responseschema/2006a`;
const ADDRESS = /<(?:[A-Za-z]\w{0,20}:)?EMailAddress>\s*([^<\s]{1,640})\s*<\//;
const MAILBOX = /^[^<\s]{1,320}@[^<\s@]{1,255}$/;
const WANTED = /<(?:[A-Za-z]\w{0,20}:)?AcceptableResponseSchema>\s*([^<&\s]{1,200})\s*<\//;

/**
 * Outlook's request as far as it matters; undefined for anything else. It is looked through, not parsed: there is nothing
 * that could be expanded or fetched, and a document with declarations of its own is refused.
 */
export function autodiscoverAddress(request: string): string | undefined {
  if (/<!/.test(request)) return undefined;
  const wanted = WANTED.exec(request)?.[1] ?? OUTLOOK;
  if (wanted !== OUTLOOK) return undefined;
  const address = withoutReferences(ADDRESS.exec(request)?.[1] ?? '');
  return address !== undefined && MAILBOX.test(address) ? address : undefined;
}

// XML 1.0 §4.1 and §4.6: the five names that every document has, and characters by number. Undefined for anything else.
function withoutReferences(text: string): string | undefined {
  const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  let known = true;
  const plain = text.replaceAll(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,8}))?;?/g, (all, decimal, hex, name) => {
    const codePoint = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    const found = name === undefined ? characterOf(codePoint) : characters[name];
    known &&= found !== undefined && all.endsWith(';');
    return found ?? '';
  });
  return known ? plain : undefined;
}

function characterOf(codePoint: number): string | undefined {
  return codePoint > 0x20 && codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : undefined;
}

/** The answer to a request for this address. */
export function autodiscover(address: string, servers: readonly MailServer[]): string {
  return xml`<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${POX}/responseschema/2006">
  <Response xmlns="${OUTLOOK}">
    <User><DisplayName>${address}</DisplayName></User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>${servers.map((server) => autodiscoverServer(server, address))}
    </Account>
  </Response>
</Autodiscover>
`.toString();
}

/** The answer to a request that was not understood (error 600, [MS-OXDSCLI] §2.2.4.1.1.2.6). `at` is now (ms). */
export function autodiscoverFault(at: number): string {
  return xml`<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${POX}/responseschema/2006">
  <Response>
    <Error Time="${new Date(at).toISOString().slice(11, 19)}" Id="1">
      <ErrorCode>600</ErrorCode>
      <Message>Invalid Request</Message>
      <DebugData />
    </Error>
  </Response>
</Autodiscover>
`.toString();
}

function autodiscoverServer({ protocol, host, port, tls }: MailServer, address: string): Html | undefined {
  const known = PROTOCOL_FACTS[protocol].autoconfig;
  if (known === undefined) return undefined;
  return xml`
      <Protocol>
        <Type>${known.type.toUpperCase()}</Type>
        <Server>${host}</Server>
        <Port>${port}</Port>
        <LoginName>${address}</LoginName>
        <DomainRequired>off</DomainRequired>
        <SPA>off</SPA>
        <SSL>on</SSL>
        <Encryption>${tls === 'implicit' ? 'SSL' : 'TLS'}</Encryption>
        <AuthRequired>on</AuthRequired>
      </Protocol>`;
}
