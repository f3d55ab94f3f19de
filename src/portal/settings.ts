/** What the portal is handed: its settings, and the parts of the program that it works with. */

import type { Socket } from 'node:net';
import type { IdentityRules } from '../core/identity.ts';
import type { Secret } from '../core/secret.ts';
import type { Log } from '../ops/log.ts';
import type { CheckOrdinaryPassword, Limits } from '../policy/ports.ts';
import type { PasskeyVerifier } from '../policy/passkey-ports.ts';
import type { CodePurpose } from '../policy/emailed-code.ts';
import type { PolicyTools } from '../policy/tools.ts';
import type { Language } from './texts/texts.ts';

export interface PortalSettings {
  /** The portal's address as browsers know it, `https://mail.example.org/account`; its path leads every path here. */
  readonly url: string;
  readonly listen: readonly PortalListener[];
  /** Reverse proxies, as CIDR blocks, whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

export interface PortalListener {
  readonly address: string;
  readonly port: number;
  readonly tls: 'implicit' | 'none';
}

export interface PortalParts {
  readonly settings: PortalSettings;
  readonly tools: PolicyTools;
  readonly identity: IdentityRules;
  readonly limits: Limits;
  /** Judges browsers' answers for passkeys. */
  readonly passkeys: PasskeyVerifier;
  readonly checkOrdinaryPassword: CheckOrdinaryPassword;
  /** Absent where no mail is sent: then there are no codes by mail. */
  readonly mail?: PortalMail | undefined;
  readonly log: Log;
}

export interface PortalMail {
  /** Sends a code to whoever waits for it; answers within a few seconds. */
  sendCode(mail: CodeMail): Promise<'sent' | 'on-its-way' | 'failed'>;
}

export interface CodeMail {
  readonly to: string;
  readonly account: string;
  readonly code: Secret;
  readonly purpose: CodePurpose;
  readonly language: Language;
}

/** Begins TLS on an accepted socket, as its server. The socket that is returned speaks in clear. */
export type BeginTls = (socket: Socket) => Socket;
