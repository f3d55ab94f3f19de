/**
 * Mails an admin's notice, with instructions, to those of a domain who have not set two-step up. It goes out at the pace
 * at which the relay takes it, and the audit says at the end how many it reached.
 */

import { knownUsers } from '#policy/domains/impact.ts';
import { accountNamed } from './user-listing.ts';

import type { Account } from '#core/identity.ts';
import type { PolicyContext } from '#policy/changes/account-changes.ts';

/** Mails one of them; says once the relay has taken it, will try again, or has refused. */
export type SendInstructions = (
  account: Account,
  language: string | undefined,
) => Promise<'sent' | 'on-its-way' | 'failed'>;

export interface InstructionsSent {
  readonly told: number;
  readonly failed: number;
}

/** Another notice to the same domain has to wait this long: whoever clicks twice does not mail everybody twice. */
const PAUSE_MS = 600_000;
const AT_ONCE = 20;

/** True when a notice to this domain may be begun now; whoever is told so has begun it. Of parallel callers one is. */
export async function mayBeginInstructions(
  { store, clock }: Pick<PolicyContext, 'store' | 'clock'>,
  domain: string,
): Promise<boolean> {
  const ref = { kind: 'shown-once', id: 'notice', owner: domain } as const;
  const version = (await store.ephemeral.load(ref))?.version;
  if (version !== undefined) return false;
  return store.ephemeral.update(ref, { version, value: { sealed: '' }, expiresAt: clock() + PAUSE_MS });
}

/** Mails all of them, and writes it down. Ends early when the signal says so. */
export async function sendInstructions(
  context: Pick<PolicyContext, 'store' | 'clock'>,
  { actor, domain }: { readonly actor: string; readonly domain: string },
  send: SendInstructions,
  signal?: AbortSignal,
): Promise<InstructionsSent> {
  let [told, failed] = [0, 0];
  const batch: Promise<'sent' | 'on-its-way' | 'failed'>[] = [];
  const settle = async (): Promise<void> => {
    for (const outcome of await Promise.all(batch.splice(0))) {
      if (outcome === 'failed') failed += 1;
      else told += 1;
    }
  };
  for await (const { account, record } of knownUsers(context.store, domain)) {
    if (signal?.aborted === true) break;
    if (record?.enrolledAt !== undefined || record?.suspended !== undefined) continue;
    batch.push(send(accountNamed(account), record?.language));
    if (batch.length >= AT_ONCE) await settle();
  }
  await settle();
  const detail = { told, failed };
  await context.store.appendAudit({ at: context.clock(), actor, action: 'domain.notice-sent', domain, detail });
  return { told, failed };
}
