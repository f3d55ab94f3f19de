/**
 * The protocols whose logins we terminate, and what each is: one row for each, from which settings, listeners, the
 * portal, DNS records and the policy service take its ports, names and limits.
 *
 * Ports: RFC 8314 §3, RFC 5804 §1.8. SRV: RFC 6186 §3, RFC 8314 §5.1, RFC 5804 §1.8. ALPN: the registry of RFC 7301.
 */

/** `submission` is SMTP on 587 and 465 (RFC 6409, RFC 8314), `sieve` is ManageSieve (RFC 5804). */
export const PROTOCOLS = ['imap', 'pop3', 'submission', 'sieve'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What an app password can be good for. A list of its own: what is no protocol of ours can be among them. */
export const APP_PASSWORD_SCOPES = ['imap', 'pop3', 'submission', 'sieve'] as const;
export type AppPasswordScope = (typeof APP_PASSWORD_SCOPES)[number];

/** The ways to tell a backend from where its client comes. */
export type ClientAddressForm = 'id' | 'xclient' | 'proxy' | 'none';

export interface ProtocolFacts {
  /** Its name for people. */
  readonly label: string;
  /** The scope that an app password needs for it. */
  readonly scope: AppPasswordScope;
  /** Its port with TLS from the first byte, and its port without. */
  readonly ports: { readonly implicit: number; readonly starttls: number };
  /** How TLS begins where nothing is said. */
  readonly defaultTls: 'implicit' | 'starttls';
  /** Its ALPN protocol id, enforced when a client offers ALPN. */
  readonly alpn: string;
  /** Its name before `._tcp` in DNS, by how TLS begins; absent: it has none. */
  readonly srv: { readonly implicit?: string; readonly starttls: string };
  /** How Thunderbird's autoconfig and Outlook's autodiscover name it; absent: they do not know it. */
  readonly autoconfig?: { readonly type: string; readonly direction: 'incoming' | 'outgoing' };
  /** Its `Auth-Protocol` in nginx; absent: nginx does not speak it. */
  readonly nginx?: string;
  /** What other programs call it, beside our own name. */
  readonly otherNames: readonly string[];
  /** For how long nothing may be said: the least by its standard, and where no setting says otherwise. */
  readonly idleSeconds: { readonly standard: number; readonly default: number };
  /** How a backend can be told the client's address. */
  readonly clientAddress: readonly ClientAddressForm[];
  /** The one of them that harms nowhere. XCLIENT and PROXY break a backend that does not expect them. */
  readonly harmlessClientAddress: ClientAddressForm;
}

/** What each protocol is. */
export const PROTOCOL_FACTS: Readonly<Record<Protocol, ProtocolFacts>> = {
  imap: {
    label: 'IMAP',
    scope: 'imap',
    ports: { implicit: 993, starttls: 143 },
    defaultTls: 'implicit',
    alpn: 'imap',
    srv: { implicit: '_imaps', starttls: '_imap' },
    autoconfig: { type: 'imap', direction: 'incoming' },
    nginx: 'imap',
    otherNames: [],
    // RFC 9051 §5.4: at least 30 minutes.
    idleSeconds: { standard: 1800, default: 2100 },
    clientAddress: ['id', 'proxy', 'none'],
    harmlessClientAddress: 'id',
  },
  pop3: {
    label: 'POP3',
    scope: 'pop3',
    ports: { implicit: 995, starttls: 110 },
    defaultTls: 'implicit',
    alpn: 'pop3',
    srv: { implicit: '_pop3s', starttls: '_pop3' },
    autoconfig: { type: 'pop3', direction: 'incoming' },
    nginx: 'pop3',
    otherNames: ['pop'],
    // RFC 1939 §3: at least 10 minutes.
    idleSeconds: { standard: 600, default: 900 },
    clientAddress: ['xclient', 'proxy', 'none'],
    harmlessClientAddress: 'none',
  },
  submission: {
    label: 'Submission',
    scope: 'submission',
    ports: { implicit: 465, starttls: 587 },
    defaultTls: 'implicit',
    // The registry has no id for SMTP; peers that enforce one use this.
    alpn: 'smtp',
    srv: { implicit: '_submissions', starttls: '_submission' },
    autoconfig: { type: 'smtp', direction: 'outgoing' },
    nginx: 'smtp',
    otherNames: ['smtp'],
    // RFC 5321 §4.5.3.2.7: at least 5 minutes; §4.5.3.2.6: a client waits up to 10 for the answer to its message.
    idleSeconds: { standard: 300, default: 900 },
    clientAddress: ['xclient', 'proxy', 'none'],
    harmlessClientAddress: 'none',
  },
  sieve: {
    label: 'ManageSieve',
    scope: 'sieve',
    // It has no port for TLS from the first byte (RFC 5804 §1.1).
    ports: { implicit: 4190, starttls: 4190 },
    defaultTls: 'starttls',
    alpn: 'managesieve',
    srv: { starttls: '_sieve' },
    otherNames: ['managesieve'],
    // RFC 5804 §1.2: at least 30 minutes.
    idleSeconds: { standard: 1800, default: 2100 },
    clientAddress: ['xclient', 'proxy', 'none'],
    harmlessClientAddress: 'none',
  },
};

/** A value for each protocol, made from its name. */
export function byProtocol<T>(valueOf: (protocol: Protocol) => T): Readonly<Record<Protocol, T>> {
  const [imap, pop3, submission, sieve] = [valueOf('imap'), valueOf('pop3'), valueOf('submission'), valueOf('sieve')];
  return { imap, pop3, submission, sieve };
}
