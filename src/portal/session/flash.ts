/**
 * Secrets that a page shows after a form was sent: kept sealed, for this browser session only and for a short time, so
 * that the page can be loaded again, printed and saved without the form being sent twice.
 */

import { Secret } from '#core/secret.ts';
import type { BrowserSession } from './browser-sessions.ts';
import type { PortalParts } from '#portal/ports/portal-services.ts';

/** What is to be shown; which of them stand together on one page is the page's matter. */
export interface Flash {
  /** What an enrolment gave, or new recovery codes. */
  readonly codes: { readonly codes: readonly Secret[]; readonly appPassword?: Secret | undefined };
  /** A recovery address that a code was sent to. */
  readonly address: { readonly address: string };
  /** What was done, to be said on the page that follows. */
  readonly said: { readonly said: string };
  /** An app password that was made, reset or asked for. */
  readonly 'app-password': { readonly id: string; readonly secret: Secret };
  /** The token of a set-up link; its id is the name of the device. */
  readonly 'set-up-link': { readonly id: string; readonly secret: Secret };
}

type Slot = keyof Flash;

/** How long each is shown, in milliseconds. */
const SHOWN_MS = {
  codes: 1_800_000,
  address: 1_800_000,
  said: 60_000,
  'app-password': 120_000,
  'set-up-link': 600_000,
} as const satisfies Record<Slot, number>;

/** Puts something on show for this session, in place of what was there. */
export async function putFlash<S extends Slot>(
  { context }: PortalParts,
  session: BrowserSession,
  slot: S,
  shown: Flash[S],
): Promise<void> {
  const sealed = context.keyring.seal(textOf(shown), bindingOf(session, slot));
  await context.store.ephemeral.put(refOf(session, slot), {
    value: { sealed },
    expiresAt: context.clock() + SHOWN_MS[slot],
  });
}

/** Recovery codes, perhaps with an app password, that are on show for this session. */
export async function shownCodes(parts: PortalParts, session: BrowserSession): Promise<Flash['codes'] | undefined> {
  const content = await load(parts, session, 'codes');
  if (content === undefined || !Array.isArray(content['codes'])) return undefined;
  const codes = content['codes'].map((code) => new Secret(String(code)));
  const appPassword = content['appPassword'];
  return { codes, appPassword: typeof appPassword === 'string' ? new Secret(appPassword) : undefined };
}

/** The app password that is on show for this session. */
export function shownAppPassword(
  parts: PortalParts,
  session: BrowserSession,
): Promise<Flash['app-password'] | undefined> {
  return named(parts, session, 'app-password');
}

/** The set-up link that is on show for this session. It may have been used meanwhile. */
export function shownLink(parts: PortalParts, session: BrowserSession): Promise<Flash['set-up-link'] | undefined> {
  return named(parts, session, 'set-up-link');
}

async function named<S extends 'app-password' | 'set-up-link'>(
  parts: PortalParts,
  session: BrowserSession,
  slot: S,
): Promise<{ readonly id: string; readonly secret: Secret } | undefined> {
  const content = await load(parts, session, slot);
  if (content === undefined) return undefined;
  return { id: String(content['id']), secret: new Secret(String(content['secret'])) };
}

/** The recovery address that a code was sent to in this session. */
export async function shownAddress(parts: PortalParts, session: BrowserSession): Promise<string | undefined> {
  const content = await load(parts, session, 'address');
  return content === undefined ? undefined : String(content['address']);
}

/** What is to be said on this page, once. */
export async function takeFlash(parts: PortalParts, session: BrowserSession): Promise<string | undefined> {
  const content = await load(parts, session, 'said');
  if (content === undefined) return undefined;
  await removeFlash(parts, session, 'said');
  return String(content['said']);
}

/** Takes it off show. */
export async function removeFlash({ context }: PortalParts, session: BrowserSession, slot: Slot): Promise<void> {
  await context.store.ephemeral.consume(refOf(session, slot));
}

// A Secret gives itself to no JSON: it is opened here, to be sealed at once.
function textOf(shown: Flash[Slot]): Secret {
  if ('address' in shown || 'said' in shown) return new Secret(JSON.stringify(shown));
  const content =
    'codes' in shown
      ? { codes: shown.codes.map((code) => code.expose()), appPassword: shown.appPassword?.expose() }
      : { id: shown.id, secret: shown.secret.expose() };
  return new Secret(JSON.stringify(content));
}

async function load(
  { context }: PortalParts,
  session: BrowserSession,
  slot: Slot,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const entry = await context.store.ephemeral.load(refOf(session, slot));
  if (entry === undefined) return undefined;
  const content: unknown = JSON.parse(context.keyring.open(entry.value.sealed, bindingOf(session, slot)).expose());
  return typeof content === 'object' && content !== null ? Object.fromEntries(Object.entries(content)) : undefined;
}

function refOf({ id, account }: BrowserSession, slot: Slot) {
  return { kind: 'shown-once', id: `${slot}.${id}`, owner: account } as const;
}

function bindingOf({ id, account }: BrowserSession, slot: Slot) {
  return { account, recordId: `shown ${slot} ${id}` } as const;
}
