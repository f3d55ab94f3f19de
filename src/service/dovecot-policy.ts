/**
 * Dovecot's auth policy server protocol: commands `allow` and `report`
 * (https://doc.dovecot.org/2.3/configuration_manual/authentication/auth_policy/). Dovecot shows a hash of the password
 * and no more, so what is answered is about the account and the limits, and never about the password.
 */

import { z } from 'zod';
import { canonicalAccount } from '#core/identity.ts';
import { canonicalAddress, UNKNOWN_NETWORK } from '#core/network.ts';
import {
  judgeHashedLogin,
  recordHashedSuccess,
  type HashedLogin,
  type HashedVerdict,
} from '#policy/logins/hashed-login.ts';
import { tokenMay, type TokenGrant } from '#policy/admins/service-tokens.ts';
import type { Refusal, ServiceParts } from './settings.ts';
import { plainWords, protocolNamed } from './verify-json.ts';

/** Below 0: refused. Above: Dovecot makes the client wait so many seconds and then goes on. 0: goes on. */
export interface PolicyReply {
  readonly status: number;
  readonly msg: string;
}

export const PolicyCommand = z.object({ command: z.enum(['allow', 'report']) });

const MAX_TEXT_CHARACTERS = 1024;
const text = z.string().max(MAX_TEXT_CHARACTERS);

/** Of what Dovecot can be told to send, the part that we read: its default attributes have all of it. */
const PolicyRequest = z.object({
  login: text,
  pwhash: text,
  remote: text.default(''),
  protocol: text.default(''),
  /** With `report`. */
  success: z.boolean().default(false),
  policy_reject: z.boolean().default(false),
});

// Long enough to make guessing slow, short enough for Dovecot's own patience.
const TARPIT_SECONDS = 2;
const ASKER = 'dovecot-policy';
const GO_ON: PolicyReply = { status: 0, msg: '' };

interface Around {
  readonly command: 'allow' | 'report';
  readonly grant: TokenGrant;
  readonly sessionId: string;
}

/** Answers one command. Throws ZodError for what is none, STORE_UNAVAILABLE in an outage. */
export async function answerDovecotPolicy(body: unknown, around: Around, parts: ServiceParts): Promise<PolicyReply> {
  const { login: name, pwhash, remote, protocol: named, ...outcome } = PolicyRequest.parse(body);
  const found = canonicalAccount(name, parts.identity);
  if (found.kind === 'refused' || !tokenMay(around.grant, 'verify', found.account.domain)) {
    return around.command === 'report' ? GO_ON : refused({ kind: 'deny', reason: 'identity-refused' }, name);
  }
  const { account } = found;
  const login = { account, address: canonicalAddress(remote) ?? UNKNOWN_NETWORK, passwordHash: pwhash };
  if (around.command === 'allow') return allow(login);
  // A failure is among the failures since `allow`.
  const success = outcome.success && !outcome.policy_reject;
  if (success) await recordHashedSuccess(toolsOf(parts), login, protocolNamed(named) ?? 'imap');
  return GO_ON;

  async function allow(hashed: HashedLogin): Promise<PolicyReply> {
    const verdict = await judgeHashedLogin(toolsOf(parts), hashed).catch((error: unknown) => {
      parts.metrics.verdictAnswered(ASKER, 'unavailable');
      throw error;
    });
    const refusal = refusalOf(verdict);
    if (refusal !== undefined) return refused(refusal, account.name);
    const pressed = verdict.kind === 'permitted' && verdict.pressed;
    parts.metrics.verdictAnswered(ASKER, pressed ? 'delayed' : 'permitted');
    return pressed ? { status: TARPIT_SECONDS, msg: '' } : GO_ON;
  }

  function refused(refusal: Exclude<Refusal, { kind: 'unavailable' }>, user: string): PolicyReply {
    const { sessionId, grant } = around;
    parts.metrics.verdictAnswered(ASKER, refusal.kind === 'deny' ? 'refused' : 'throttled');
    const log = parts.log.child({ session: sessionId, listener: ASKER, address: remote });
    const fields = { user, actor: `token:${grant.name}` };
    if (refusal.kind === 'deny') log.info('login.refused', { ...fields, reason: refusal.reason });
    else log.warn('login.throttled', { ...fields, retryAfterSeconds: refusal.retryAfterSeconds });
    return { status: -1, msg: plainWords(refusal, sessionId, parts.words) };
  }
}

function refusalOf(verdict: HashedVerdict): Exclude<Refusal, { kind: 'unavailable' }> | undefined {
  if (verdict.kind === 'permitted') return undefined;
  return verdict.kind === 'suspended' ? { kind: 'deny', reason: 'suspended' } : verdict;
}

function toolsOf({ context: { store, keyring, clock }, limits }: ServiceParts) {
  return { store, keyring, clock, limits };
}
