/** A portal over a store in memory, with a clock that stands still unless it is moved, and people to visit it. */

import type { Page } from 'playwright-core';
import type { Secret } from '#core/secret.ts';
import type { Account } from '#core/identity.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { makePortalServer } from '#portal/server.ts';
import { codeAt, testAccount } from '../../test/support/policy.ts';
import { ORDINARY_PASSWORD, testParts, type Seen } from '../../test/support/portal.ts';
import { freePorts } from '../../test/support/processes.ts';

export interface World extends Seen {
  readonly url: string;
  stop(): Promise<void>;
}

export const ALICE = testAccount('alice');
/** Administers example.org. */
export const RUTH = testAccount('ruth');

/** Starts it, with two-step turned on for example.org. */
export async function startWorld(): Promise<World> {
  const [port = 0] = await freePorts(1);
  const url = `http://localhost:${port}`;
  const { parts, seen } = testParts({
    mail: true,
    admins: [{ account: RUTH.name, role: 'admin', domains: [RUTH.domain] }],
    settings: { url, listen: [{ address: '127.0.0.1', port, tls: 'none' }] },
  });
  const portal = await makePortalServer(parts, (socket) => socket);
  await portal.open();
  await setDomain(seen.context, RUTH.name, RUTH.domain, { mode: 'enabled', trustedBrowserDays: 30 });
  return { ...seen, url, stop: () => portal.stop() };
}

/** Gives the ordinary password. */
export async function givePassword(page: Page, { name }: Account): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(ORDINARY_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Gives a code of an authenticator app that was not used before. */
export async function giveCode({ clock }: World, page: Page, key: Secret, button = 'Check'): Promise<void> {
  clock.now += 60_000;
  await page.getByLabel('Verification code').fill(codeAt(key, clock.now).expose());
  await page.getByRole('button', { name: button }).click();
}

/** The newest code that was mailed. */
export function mailedCode({ mails }: World): string {
  const newest = mails.at(-1);
  if (newest === undefined) throw new Error('no code was mailed');
  return newest.code.expose();
}
