/** Accounts: what each needs, its enrolment, and what an operator does to it. */

import { z } from 'zod';
import { Secret } from '#core/secret.ts';
import {
  resumeAccount,
  showAccount,
  suspendAccount,
  unlockAccount,
  type AccountView,
} from '#policy/accounts/accounts.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import { resetFactors, unenrolAccount } from '#policy/factors/factors.ts';
import { listUserRows } from '#policy/accounts/user-listing.ts';
import { FACTOR_KINDS } from '#policy/ports/records.ts';
import { ProblemError, WRONG_CODE } from '#service/problem.ts';
import { accountRoute, domainRoute, type Route } from '#service/route.ts';
import { isoOrNull, Moment, NO_BODY, NOTHING, Paging, pageOf } from '#service/schemas.ts';

const Factors = z.array(z.enum(FACTOR_KINDS));

const Standing = z.object({
  account: z.string(),
  standing: z
    .enum(['disabled', 'optional', 'app-password', 'enrolment'])
    .describe(
      'What a mail program of this account needs: the ordinary password (disabled; optional as long as the account ' +
        'does not enrol), an app password, or first an enrolment.',
    ),
  since: Moment.nullable().describe('Since when, where that is known.'),
  until: Moment.nullable().describe('With optional: the domain forces enrolment from then on.'),
});

const AccountDetails = Standing.extend({
  enrolledAt: Moment.nullable(),
  factors: Factors,
  enrolmentPending: z.boolean(),
  recoveryAddress: z.string().nullable(),
  recoveryCodesLeft: z.int(),
  appPasswords: z.int().describe('How many it has.'),
  suspended: z.object({ at: Moment, by: z.string() }).nullable(),
});

const UserRow = z.object({
  account: z.string(),
  enrolledAt: Moment.nullable(),
  factors: Factors,
  suspended: z.boolean(),
  lastSignInAt: Moment.nullable(),
  sessions: z.int().describe('How many are open now.'),
});

const list = domainRoute({
  method: 'GET',
  path: '/v1/domains/{domain}/accounts',
  name: 'listAccounts',
  summary: 'The known accounts of a domain in name order: those with a record and those seen logging in.',
  task: 'look',
  query: Paging.extend({ search: z.string().max(128).default('').describe('Part of the name.') }),
  body: NOTHING,
  answer: pageOf(UserRow),
  handle: async ({ context, target: domain, query: { search, cursor, limit } }) => {
    const page = await listUserRows(context.store, { domain, search, cursor, limit });
    const items = page.items.map((row) => ({
      account: row.account.name,
      enrolledAt: isoOrNull(row.enrolledAt),
      factors: [...row.factors],
      suspended: row.suspended,
      lastSignInAt: isoOrNull(row.lastSignInAt),
      sessions: row.sessions.length,
    }));
    return { body: { items, next: page.next ?? null } };
  },
});

const read = accountRoute({
  method: 'GET',
  path: '/v1/accounts/{account}',
  name: 'readAccount',
  summary: 'All that is known of an account, without its secrets.',
  task: 'look',
  query: NOTHING,
  body: NOTHING,
  answer: AccountDetails,
  handle: async ({ context, target }) => {
    const view = await showAccount(context, target);
    const { suspended } = view;
    return {
      body: {
        ...(await standingBody(context, view, target.domain)),
        enrolledAt: isoOrNull(view.enrolledAt),
        factors: [...view.factors],
        enrolmentPending: view.enrolmentPending,
        recoveryAddress: view.recoveryAddress ?? null,
        recoveryCodesLeft: view.recoveryCodesLeft,
        appPasswords: view.appPasswords.length,
        suspended: suspended === undefined ? null : { at: new Date(suspended.at).toISOString(), by: suspended.by },
      },
    };
  },
});

const standing = accountRoute({
  method: 'GET',
  path: '/v1/accounts/{account}/standing',
  name: 'readStanding',
  summary: 'What a mail program of this account needs, since when and until when.',
  task: 'look',
  query: NOTHING,
  body: NOTHING,
  answer: Standing,
  handle: async ({ context, target }) => ({
    body: await standingBody(context, await showAccount(context, target), target.domain),
  }),
});

const begin = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/enrolment',
  name: 'beginEnrolment',
  summary: 'Makes the key of an authenticator app, to be confirmed with a code within thirty minutes.',
  task: 'enrol',
  status: 201,
  idempotent: true,
  query: NOTHING,
  body: NOTHING,
  answer: z.object({ key: z.string().describe('Base32.'), uri: z.string().describe('otpauth:, for a QR code.') }),
  handle: async ({ context, target }) => {
    const { secret, uri } = await beginTotp(context, target);
    return { body: { key: secret.expose(), uri: uri.expose() } };
  },
});

const confirm = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/enrolment/confirmation',
  name: 'confirmEnrolment',
  summary: 'Ends an enrolment with a code of the new authenticator. What is secret in the answer is shown only here.',
  task: 'enrol',
  idempotent: true,
  query: NOTHING,
  body: z.strictObject({ code: z.string().min(1).max(16).describe('Six digits.') }),
  answer: z.object({
    kind: z.enum(['enrolled', 'restored', 'added', 'replaced']),
    appPassword: z.string().nullable().describe('The first app password, where one was made.'),
    recoveryCodes: z.array(z.string()),
  }),
  handle: async ({ context, target, body, actor }) => {
    const added = await confirmTotp(context, actor, target, new Secret(body.code));
    if (added.kind === 'wrong-code') throw new ProblemError(WRONG_CODE);
    if (added.kind === 'added' || added.kind === 'replaced')
      return { body: { kind: added.kind, appPassword: null, recoveryCodes: [] } };
    const recoveryCodes = added.recoveryCodes.map((code) => code.expose());
    return { body: { kind: added.kind, appPassword: added.appPassword?.expose() ?? null, recoveryCodes } };
  },
});

const unenrol = accountRoute({
  method: 'DELETE',
  path: '/v1/accounts/{account}/enrolment',
  name: 'unenrol',
  summary: 'Turns two-step authentication off for an account; its app passwords and their sessions end.',
  task: 'enrol',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor }) => done(unenrolAccount(context, actor, target)),
});

const reset = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/reset',
  name: 'resetFactors',
  summary: 'For somebody who has lost every factor: the next sign-in on the portal leads through a new set-up.',
  task: 'reset-factors',
  status: 204,
  query: NOTHING,
  body: z.strictObject({ appPasswords: z.enum(['keep', 'revoke']).default('keep') }),
  answer: NO_BODY,
  handle: async ({ context, target, actor, body }) => done(resetFactors(context, actor, target, body.appPasswords)),
});

const suspend = accountRoute({
  method: 'PUT',
  path: '/v1/accounts/{account}/suspension',
  name: 'suspend',
  summary: 'Refuses every login of the account from now on and closes its sessions.',
  task: 'suspend',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor }) => done(suspendAccount(context, actor, target)),
});

const resume = accountRoute({
  method: 'DELETE',
  path: '/v1/accounts/{account}/suspension',
  name: 'resume',
  summary: 'Ends a suspension.',
  task: 'suspend',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor }) => done(resumeAccount(context, actor, target)),
});

const unlock = accountRoute({
  method: 'POST',
  path: '/v1/accounts/{account}/unlock',
  name: 'unlock',
  summary: 'Forgets failed logins, so that the owner may try again at once.',
  task: 'unlock',
  status: 204,
  query: NOTHING,
  body: NOTHING,
  answer: NO_BODY,
  handle: async ({ context, target, actor }) => done(unlockAccount(context, actor, target)),
});

export const ACCOUNT_ROUTES: readonly Route[] = [
  list,
  read,
  standing,
  begin,
  confirm,
  unenrol,
  reset,
  suspend,
  resume,
  unlock,
];

// Asking again for what is so already is no error: whoever lost an answer asks again.
async function done(work: Promise<unknown>): Promise<{ readonly body: undefined }> {
  await work;
  return { body: undefined };
}

async function standingBody(
  context: Parameters<typeof showAccount>[0],
  { account, standing: now, enrolledAt, policy }: AccountView,
  domain: string,
): Promise<z.input<typeof Standing>> {
  const forced = now === 'enrolment' ? (await context.store.lookupDomain(domain)).record?.forcedFrom : undefined;
  return {
    account,
    standing: now,
    since: isoOrNull(now === 'app-password' ? enrolledAt : forced),
    until: isoOrNull(now === 'optional' ? policy.cutOffAt : undefined),
  };
}
