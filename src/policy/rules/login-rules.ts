/**
 * The table of rules of a login, as an ordered list of steps: the first that has an answer gives it. Pure; asking the
 * store, the backend and the sign-in service is policy/logins/gatekeeper.ts.
 */

import { checkAppPassword } from '#policy/secrets/app-password.ts';
import { policyAt } from './domain-policy.ts';

import type { Attempt, DenyReason, Epochs, Verdict } from '#core/verdict.ts';
import type { DomainPolicy } from './domain-policy.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { Limits, LoginFacts, Pressure } from '#policy/ports/logins.ts';

/** An answer, or the one question to the outside that decides it. */
export type RuleOutcome =
  | Verdict
  /** `ifRight` when the backend confirms the ordinary password and the domain hints; else wrong credentials. */
  | { readonly kind: 'ask-backend'; readonly ifRight: DenyReason; readonly hints: DomainPolicy['hints'] }
  | { readonly kind: 'verify-token'; readonly epochs: Epochs };

/** What every attempt is judged with. */
export interface Rules {
  readonly keyring: Keyring;
  readonly limits: Limits;
}

interface Question {
  readonly attempt: Attempt;
  readonly facts: LoginFacts;
  readonly policy: DomainPolicy;
  readonly enrolled: boolean;
  readonly epochs: Epochs;
  readonly now: number;
  readonly rules: Rules;
}

type Step = (question: Question) => RuleOutcome | undefined;

/** In this order; anythingElse() answers where none of them does. */
const STEPS: readonly Step[] = [suspended, beyondLimits, domainDisabled, notEnrolledAndNotForced, token, appPassword];

/**
 * Judges one attempt by the facts of its account at the time `now` (ms). Throws KEY_INVALID when it would need a master
 * key that is not on the keyring.
 */
export function applyRules(attempt: Attempt, facts: LoginFacts, now: number, rules: Rules): RuleOutcome {
  const question: Question = {
    attempt,
    facts,
    policy: policyAt(facts.domain.record, now),
    enrolled: facts.account.record?.enrolledAt !== undefined,
    epochs: { account: facts.account.epoch, domain: facts.domain.epoch },
    now,
    rules,
  };
  for (const step of STEPS) {
    const outcome = step(question);
    if (outcome !== undefined) return outcome;
  }
  return anythingElse(question);
}

function suspended({ facts }: Question): RuleOutcome | undefined {
  return facts.account.record?.suspended === undefined ? undefined : deny('suspended');
}

function beyondLimits({ facts: { pressure }, rules: { limits } }: Question): RuleOutcome | undefined {
  const seconds = retryAfterSeconds(pressure, limits);
  return seconds === undefined ? undefined : { kind: 'throttle', retryAfterSeconds: seconds };
}

/** How long an attempt under this pressure is put off; undefined when it is within the limits. */
export function retryAfterSeconds(pressure: Pressure, limits: Limits): number | undefined {
  if (pressure.networkVerdicts > limits.networkVerdicts) return limits.networkWindowSeconds;
  // Others' guessing, from anywhere, does not shut out a network from which the account has logged in before.
  const accountWide = !pressure.knownNetwork && pressure.accountFailures > limits.accountFailures;
  const here = pressure.accountNetworkFailures > limits.accountNetworkFailures;
  return accountWide || here ? limits.failureWindowSeconds : undefined;
}

function domainDisabled({ policy, epochs }: Question): RuleOutcome | undefined {
  return policy.mode === 'disabled' ? { kind: 'forward', epochs } : undefined;
}

function notEnrolledAndNotForced({ policy, enrolled, epochs }: Question): RuleOutcome | undefined {
  if (enrolled || policy.mode === 'forced') return undefined;
  const { cutOffAt } = policy;
  return cutOffAt === undefined ? { kind: 'forward', epochs } : { kind: 'forward', epochs, cutOffAt };
}

// Our own sign-in leads through set-up first, so that an account which has not enrolled holds no token.
function token({ attempt, enrolled, epochs }: Question): RuleOutcome | undefined {
  if (attempt.offered.kind !== 'token') return undefined;
  return enrolled ? { kind: 'verify-token', epochs } : deny('wrong-credentials');
}

function appPassword({ attempt, facts, enrolled, epochs, now, rules }: Question): RuleOutcome | undefined {
  const { offered, account, protocol, client } = attempt;
  if (!enrolled || offered.kind !== 'password') return undefined;
  const presented = { account: account.name, secret: offered.password, protocol, address: client.address, now };
  const match = checkAppPassword(rules.keyring, facts.account.record?.appPasswords ?? [], presented);
  if (match.kind === 'no-match') return undefined;
  // Whoever holds 80 random bits may know what they are not good for.
  if (match.kind === 'unfit') return deny(UNFIT_REASONS[match.why]);
  const { id, generation, expiresAt: cutOffAt } = match;
  const allow = { kind: 'allow', opener: { kind: 'app-password', id, generation }, epochs } as const;
  return cutOffAt === undefined ? allow : { ...allow, cutOffAt };
}

/**
 * Is it the ordinary password? Asked whatever the secret looks like and whether or not a hint may be given: leaving the
 * question out for some secrets would let the time tell who has enrolled, because for those who have not the backend
 * judges every one. So an old phone's revoked app password is asked about too; limits count it once.
 */
function anythingElse({ enrolled, policy: { hints } }: Question): RuleOutcome {
  return { kind: 'ask-backend', ifRight: enrolled ? 'app-password-required' : 'enrolment-required', hints };
}

const UNFIT_REASONS = {
  expired: 'app-password-expired',
  'out-of-scope': 'out-of-scope',
  network: 'network-not-permitted',
} as const satisfies Record<string, DenyReason>;

function deny(reason: DenyReason): Verdict {
  return { kind: 'deny', reason };
}
