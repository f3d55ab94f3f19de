/** What the portal is handed: its settings, and the parts of the program that it works with. */

import type { Socket } from 'node:net';
import type { IdentityRules } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Secret } from '#core/secret.ts';
import type { Log } from '#ops/log.ts';
import type { ConfiguredAdmin } from '#policy/admins/admins.ts';
import type { PasskeyVerifier } from '#policy/ports/passkeys.ts';
import type { CodePurpose } from '#policy/factors/emailed-code.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';
import type { Language } from '#core/languages.ts';
import type { CheckOrdinaryPassword, Limits } from '#policy/ports/logins.ts';
import type { PasswordHasher } from '#policy/ports/password-hasher.ts';

export interface PortalSettings {
  /** The portal's address as browsers know it, `https://mail.example.org/account`; its path leads every path here. */
  readonly url: string;
  readonly listen: readonly PortalListener[];
  /** Reverse proxies, as CIDR blocks, whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** What mail programs connect to, one for each protocol that there is. */
  readonly mailServers: readonly MailServer[];
}

export interface MailServer {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls';
}

export interface PortalListener {
  readonly address: string;
  readonly port: number;
  readonly tls: 'implicit' | 'none';
}

export interface PortalParts {
  readonly settings: PortalSettings;
  readonly context: PolicyContext;
  readonly identity: IdentityRules;
  readonly limits: Limits;
  /** Judges browsers' answers for passkeys. */
  readonly passkeys: PasskeyVerifier;
  readonly checkOrdinaryPassword: CheckOrdinaryPassword;
  readonly admins: PortalAdmins;
  /** Aborted when the portal stops: what goes on behind the pages ends then. */
  readonly ending: AbortSignal;
  /** Signs what devices are given; absent: it is given unsigned. */
  readonly signProfile?: SignProfile | undefined;
  /** Absent where no mail is sent: then there are no codes by mail. */
  readonly mail?: PortalMail | undefined;
  readonly log: Log;
}

/** What admins need to be handed. */
export interface PortalAdmins {
  readonly configured: readonly ConfiguredAdmin[];
  /** The domains that the configuration names, beside those that somebody has decided about. */
  readonly domains: readonly string[];
  readonly hasher: PasswordHasher;
}

export interface PortalMail {
  /** Sends a code to whoever waits for it; answers within a few seconds. */
  sendCode(mail: CodeMail): Promise<'sent' | 'on-its-way' | 'failed'>;
  /** Sends an admin's notice to one user. */
  sendInstructions(mail: InstructionsMail): Promise<'sent' | 'on-its-way' | 'failed'>;
  /** The words that such a notice starts from: `{account}`, `{portal}` and, with `dated`, `{date}` are filled in. */
  defaultInstructions(language: Language, dated: boolean): { readonly subject: string; readonly body: string };
}

export interface CodeMail {
  readonly to: string;
  readonly account: string;
  readonly code: Secret;
  readonly purpose: CodePurpose;
  readonly language: Language;
}

/** An admin's notice to one user. */
export interface InstructionsMail {
  /** The account, which is where it is sent. */
  readonly account: string;
  readonly language: Language;
  readonly subject: string;
  readonly body: string;
  /** From when on the domain is forced. */
  readonly date: number | undefined;
}

/** Signs a profile with the server's certificate, at this time (ms). */
export type SignProfile = (profile: Buffer, at: number) => Promise<Buffer>;

/** Begins TLS on an accepted socket, as its server. The socket that is returned speaks in clear. */
export type BeginTls = (socket: Socket) => Socket;
