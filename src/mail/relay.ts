/** The way to the relay: one SMTP submission per mail, with a deadline on each step, and its troubles sorted. */

import { createTransport } from 'nodemailer';
import type { Secret } from '#core/secret.ts';
import type { ComposedMail } from './content.ts';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly tlsServerName?: string | undefined;
  /** PEM; absent: the CAs of the system. */
  readonly ca?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: Secret | undefined;
  readonly from: { readonly address: string; readonly name: string };
  /** Our name in EHLO and in message ids. */
  readonly hostname: string;
}

/** Why a mail did not go. */
export interface RelayTrouble {
  /** `passing`: worth another try. */
  readonly kind: 'passing' | 'permanent';
  readonly reason: 'address-refused' | 'relay-refused' | 'relay-unreachable' | 'relay-busy';
  /** For the log. */
  readonly detail: string;
}

export interface Relay {
  /** Undefined when the relay has taken it. Never throws. */
  send(mail: ComposedMail & { readonly to: string }): Promise<RelayTrouble | undefined>;
  close(): void;
}

/** How long each step may take, in milliseconds. */
export interface RelayTimeouts {
  readonly connectMs: number;
  readonly greetingMs: number;
  readonly idleMs: number;
}

const TIMEOUTS: RelayTimeouts = { connectMs: 10_000, greetingMs: 10_000, idleMs: 20_000 };

/** Opens the way; nothing is connected until there is a mail. */
export function openRelay(settings: MailSettings, timeouts: RelayTimeouts = TIMEOUTS): Relay {
  const { host, port, tls, user, password, from, hostname } = settings;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      servername: settings.tlsServerName ?? host,
      minVersion: 'TLSv1.2',
      ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    },
    ...(user === undefined ? {} : { auth: { user, pass: password?.expose() ?? '' } }),
    name: hostname,
    connectionTimeout: timeouts.connectMs,
    greetingTimeout: timeouts.greetingMs,
    socketTimeout: timeouts.idleMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, html, language }) {
      try {
        await transport.sendMail({
          from,
          // As an object, so that a comma in an address does not make two of it.
          to: { address: to, name: '' },
          subject,
          text,
          html,
          headers: {
            // RFC 3834 §5: nobody's holiday answers this.
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
            'Content-Language': language,
          },
        });
        return undefined;
      } catch (error) {
        return troubleOf(error);
      }
    },
    close: () => transport.close(),
  };
}

// RFC 5321 §4.2.1: 5yz is final. A refused login is the operator's to mend, so it may pass.
function troubleOf(error: unknown): RelayTrouble {
  const { code, responseCode } = fieldsOf(error);
  const detail = error instanceof Error ? error.message : 'unknown';
  if (responseCode === undefined || code === 'ETLS' || code === 'ECONNECTION') {
    return { kind: 'passing', reason: 'relay-unreachable', detail };
  }
  if (code === 'EAUTH') return { kind: 'passing', reason: 'relay-refused', detail };
  if (responseCode < 500) return { kind: 'passing', reason: 'relay-busy', detail };
  return { kind: 'permanent', reason: code === 'EENVELOPE' ? 'address-refused' : 'relay-refused', detail };
}

function fieldsOf(error: unknown): { readonly code: string | undefined; readonly responseCode: number | undefined } {
  if (!(error instanceof Error)) return { code: undefined, responseCode: undefined };
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
    responseCode: 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined,
  };
}
