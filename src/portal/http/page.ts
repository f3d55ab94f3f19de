/** One request as a page sees it, and what a page answers. Pages know neither sockets nor headers. */

import type { Account } from '#core/identity.ts';
import type { Secret } from '#core/secret.ts';
import type { AdminGrant, AdminTask } from '#policy/admins/admins.ts';
import type { DomainPolicy } from '#policy/rules/domain-policy.ts';
import type { CookieChange } from './cookies.ts';
import type { BrowserSession, BrowserSessions } from '#portal/session/browser-sessions.ts';
import type { Html } from '#portal/markup/html.ts';
import type { AdminLevel, Level } from './access-levels.ts';
import type { OwnPath } from './paths.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';
import type { Texts } from '#portal/texts/shape.ts';
import type { Language } from '#core/languages.ts';
import type { AccountRecord, FactorKind } from '#policy/ports/records.ts';

/** The fields of a form, as they were sent. A field that is missing is empty. */
export interface Form {
  /** Cut at `limit` characters, 200 unless told otherwise. */
  text(name: string, limit?: number): string;
  secret(name: string): Secret;
  all(name: string): readonly string[];
}

export interface PageRequest {
  readonly parts: PortalParts;
  readonly sessions: BrowserSessions;
  readonly now: number;
  /** The client's address, its shortest text form. */
  readonly address: string;
  /** The browser in a few words, for its owner to recognise it by. */
  readonly browser: string;
  readonly path: string;
  /** What stands in the place of `:id`, '' where there is none. */
  readonly id: string;
  /** What stands in the place of `:domain` and `:user`, '' where there is none. Only pages of admins have these. */
  readonly domain: string;
  readonly user: string;
  /** What stands behind the `?` of the address. */
  readonly query: Form;
  /** Where to go on to after a sign-in or a confirmation. */
  readonly next: OwnPath | undefined;
  readonly form: Form;
  readonly language: Language;
  readonly texts: Texts;
  /** To be sent back with every form. */
  readonly csrf: string;
  /** What the browser keeps of earlier sign-ins (portal/sign-in/known-browsers.ts), '' for nothing. */
  readonly seenBrowser: string;
  /** The token of a browser that is trusted, '' for none. */
  readonly trustedBrowser: string;
  /** The path as a browser has to ask for it. */
  link(path: OwnPath): string;
  readonly who: SignedInUser | undefined;
}

/** Who is signed in, or half way there, with the state of the account at the time of this request. */
export interface SignedInUser {
  /** A local admin has no mailbox, and nothing of its own but its sign-in. */
  readonly kind: 'mailbox' | 'local-admin';
  readonly session: BrowserSession;
  readonly account: Account;
  readonly record: AccountRecord;
  readonly policy: DomainPolicy;
  readonly factors: readonly FactorKind[];
  /** What has to be done before anything else. */
  readonly pendingStep: 'set-up' | 'nothing';
  /** What it may manage now; none before all factors were given. */
  readonly grants: readonly AdminGrant[];
}

export interface SignedInRequest extends PageRequest {
  readonly who: SignedInUser;
}

export type PageResponse = (
  | {
      readonly kind: 'page';
      /** 200 unless told otherwise. */
      readonly status?: number | undefined;
      readonly title: string;
      readonly body: Html;
    }
  | {
      readonly kind: 'redirect';
      readonly to: OwnPath;
      readonly next?: OwnPath | undefined;
      /** The id of the part of the page to show. */
      readonly anchor?: string | undefined;
    }
  | {
      readonly kind: 'download';
      readonly fileName: string;
      readonly text: string;
      readonly type?: 'text/csv' | undefined;
    }
  /** A file that the device is to open. */
  | { readonly kind: 'file'; readonly fileName: string; readonly type: string; readonly body: Buffer }
) & { readonly cookies?: readonly CookieChange[] | undefined };

/** One row of the table of routes. */
export type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: OwnPath;
  /** A form of a page: where somebody returns to who first has to sign in or confirm again. A page: itself. */
  readonly returnTo?: OwnPath | undefined;
} & (
  | { readonly level: 'public'; handle(request: PageRequest): Promise<PageResponse> }
  | { readonly level: Exclude<Level, 'public' | AdminLevel>; handle(request: SignedInRequest): Promise<PageResponse> }
  | AdminRow
);

/** A page of admins: `right` is what one must be allowed in the domain of its path; `enter`: anything anywhere. */
export interface AdminRow {
  readonly level: AdminLevel;
  readonly right: AdminTask | 'enter';
  handle(request: SignedInRequest): Promise<PageResponse>;
}

/** A redirect, with a place to go on to after it. */
export function redirect(
  to: OwnPath,
  around: { next?: OwnPath | undefined; anchor?: string; cookies?: PageResponse['cookies'] } = {},
): PageResponse {
  return { kind: 'redirect', to, ...around };
}
