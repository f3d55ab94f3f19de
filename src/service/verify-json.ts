/**
 * A mail server asks here what to do with a login that has reached it: JSON in and out. Where policy leaves the ordinary
 * password alone the answer is `forward`: the asker then judges it as it would without us. Dovecot's Lua passdb speaks
 * this (deploy/dovecot/postern.lua), and so can anything that sends JSON.
 */

import { z } from 'zod';
import { unreachable } from '#core/fault.ts';
import { canonicalAddress } from '#core/network.ts';
import { Secret } from '#core/secret.ts';
import { PROTOCOL_FACTS, PROTOCOLS, type Protocol } from '#core/protocols.ts';
import type { TokenGrant } from '#policy/admins/service-tokens.ts';
import { ProblemError, type Problem } from './problem.ts';
import type { Refusal, ServiceParts } from './settings.ts';
import { verifyLogin, type LoginAnswer } from './verify.ts';

const MAX_PASSWORD_CHARACTERS = 8192;
const MAX_NAME_CHARACTERS = 1024;

const VerifyQuestion = z.strictObject({
  user: z.string().max(MAX_NAME_CHARACTERS).describe('As the mail server reads it.'),
  password: z.string().max(MAX_PASSWORD_CHARACTERS),
  protocol: z.string().describe("`imap`, `pop3`, `submission` or `sieve`; Dovecot's and Cyrus' names are known, too."),
  address: z.string().describe("The client's address."),
  tls: z.boolean().default(false).describe('Whether the client has come by TLS.'),
});

/** `result` comes first and `message` has neither quotes nor backslashes: programs without a JSON reader rely on it. */
export type VerifyReply =
  /** Let in as this account. */
  | { readonly result: 'accepted'; readonly account: string }
  /** Judge the password as you would without us. */
  | { readonly result: 'forward'; readonly account: string }
  /** Do not let in; these words are for the user. */
  | { readonly result: 'refused'; readonly message: string };

/** The protocol that a program means, by our name or that of Dovecot, Postfix or Cyrus; undefined for a word that we do not know. */
export function protocolNamed(name: string): Protocol | undefined {
  const wanted = name.toLowerCase();
  return PROTOCOLS.find((one) => one === wanted || PROTOCOL_FACTS[one].otherNames.includes(wanted));
}

/**
 * Answers one question. Throws ZodError or ProblemError where it cannot be one, and the problem `unavailable` (503) in an
 * outage: that must become a temporary failure, and neither a way in nor a wrong password.
 */
export async function answerVerify(
  body: unknown,
  around: { readonly grant: TokenGrant; readonly sessionId: string },
  parts: ServiceParts,
): Promise<VerifyReply> {
  const { user, password, protocol: named, address: typed, tls } = VerifyQuestion.parse(body);
  const protocol = protocolNamed(named);
  const address = canonicalAddress(typed);
  if (protocol === undefined) throw new ProblemError(badField('protocol', 'must be a mail protocol'));
  if (address === undefined) throw new ProblemError(badField('address', 'must be an IPv4 or IPv6 address'));
  const question = {
    authcid: user,
    offered: { kind: 'password', password: new Secret(password) },
    protocol,
    client: { address, port: 0, tls },
    asker: 'verify',
    ordinaryPassword: 'left-to-asker',
    ...around,
  } as const;
  return replyOf(await verifyLogin(question, parts), around.sessionId, parts);
}

export const OUTAGE: Problem = {
  status: 503,
  title: 'Sign-ins cannot be checked just now',
  code: 'unavailable',
  headers: { 'retry-after': '5' },
};

function replyOf(answer: LoginAnswer, sessionId: string, { words }: ServiceParts): VerifyReply {
  switch (answer.kind) {
    case 'accepted':
    case 'forward':
      return { result: answer.kind === 'accepted' ? 'accepted' : 'forward', account: answer.account.name };
    case 'deny':
    case 'throttle':
      return { result: 'refused', message: plainWords(answer, sessionId, words) };
    case 'unavailable':
      throw new ProblemError({ ...OUTAGE, detail: plainWords(answer, sessionId, words) });
    default:
      return unreachable(answer);
  }
}

/** The words for a user, without what a program that reads no JSON would stumble over. */
export function plainWords(refusal: Refusal, sessionId: string, words: ServiceParts['words']): string {
  return words.plain(refusal, sessionId).replace(/["\\\p{C}]/gu, '');
}

function badField(at: string, message: string): Problem {
  return { status: 400, title: 'The request is malformed', code: 'malformed', errors: [{ at, message }] };
}
