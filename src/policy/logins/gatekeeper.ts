/**
 * Answers every login on every protocol, and says which sessions may stay. The rules are policy/rules/login-rules.ts
 * and policy/rules/session-coverage.ts; here is the way to them: one store round trip for each login, and an answer
 * when the store is out of reach.
 */

import { appPasswordCharacters } from '#core/app-password-shape.ts';
import { Fault, isFault } from '#core/fault.ts';
import { networkOf } from '#core/network.ts';
import { PasswordCheckCache } from './password-check-cache.ts';
import { coverageOf } from '#policy/rules/session-coverage.ts';
import { VerdictCache } from './verdict-cache.ts';
import { applyRules } from '#policy/rules/login-rules.ts';
import { makeResolver } from './outcome-resolver.ts';
import { attemptFingerprint } from '#policy/secrets/attempt-fingerprint.ts';

import type { Account } from '#core/identity.ts';
import type { Attempt, Epochs, LoginOutcome, Verdict } from '#core/verdict.ts';
import type { Coverage } from '#policy/rules/session-coverage.ts';
import type { Keyring } from '#policy/secrets/keyring.ts';
import type { Store } from '#policy/ports/store.ts';
import type { ResolverOptions } from './outcome-resolver.ts';
import type { CheckOrdinaryPassword, LoginFacts, LoginQuery, Success } from '#policy/ports/logins.ts';
import type { Change, CoveredSession } from '#core/session.ts';
import { within } from '#async/abortable.ts';

export interface GatekeeperOptions extends ResolverOptions {
  readonly store: Pick<Store, 'lookupLogin' | 'recordSuccess' | 'lookupDomain' | 'lookupAccount' | 'appendAudit'>;
  readonly keyring: Keyring;
  /** While the store is out of reach, an app password allowed this recently is allowed again. 0: never. */
  readonly staleSeconds: number;
  /** Told what made an answer `unavailable` or left a success unrecorded. For the log. */
  readonly onFault: (fault: Fault, account: Account) => void;
}

export interface Gatekeeper {
  /** Never throws for an outage: that is the verdict `unavailable`. */
  decide(attempt: Attempt, signal: AbortSignal): Promise<Verdict>;
  /** How the login that the verdict let through ended at the backend. Never throws for an outage. */
  conclude(attempt: Attempt, verdict: Verdict, outcome: LoginOutcome): Promise<void>;
  /** Which of these sessions of one account policy no longer covers. Throws STORE_UNAVAILABLE or RECORD_INVALID. */
  review(account: Account, sessions: readonly CoveredSession[]): Promise<SessionReview>;
  /** To be called with every change that the store announces. */
  noteChange(change: Change): void;
}

interface SessionReview extends Coverage {
  /** The versions of the records that this was read from. */
  readonly epochs: Epochs;
}

// Bounds the memory of earlier answers: about 200 bytes each.
const MAX_REMEMBERED_ACCOUNTS = 10_000;
const MAX_REMEMBERED_PER_ACCOUNT = 32;

/** Makes the one who answers logins. It keeps nothing but a bounded memory of its own earlier answers. */
export function makeGatekeeper(options: GatekeeperOptions): Gatekeeper {
  const { store, keyring, clock, staleSeconds } = options;
  const bounds = { maxAccounts: MAX_REMEMBERED_ACCOUNTS, maxAnswersPerAccount: MAX_REMEMBERED_PER_ACCOUNT };
  const lastKnown = new VerdictCache({ staleSeconds, ...bounds });
  const lately = new PasswordCheckCache();
  const judge = makeJudge(options, lastKnown, lately);

  return {
    decide: (attempt, signal) => orOnFault<Verdict>(judge(attempt, signal), { kind: 'unavailable' }, attempt, options),

    async conclude(attempt, verdict, outcome) {
      // A right app password stays right when the backend is down: it must not be left among the failures.
      const right = verdict.kind === 'allow' || (verdict.kind === 'forward' && outcome === 'accepted');
      if (verdict.kind === 'forward' && outcome === 'refused') lately.note(exactly(keyring, attempt), 'wrong', clock());
      if (!right) return;
      await orOnFault(store.recordSuccess(successOf(attempt, verdict, options)), undefined, attempt, options);
    },

    async review(account, sessions) {
      const [domain, own] = await Promise.all([store.lookupDomain(account.domain), store.lookupAccount(account)]);
      const epochs = { account: own.epoch, domain: domain.epoch };
      lastKnown.observe(account, epochs);
      return { ...coverageOf({ domain: domain.record, account: own.record }, sessions, clock()), epochs };
    },

    noteChange: (change) => lastKnown.note(change),
  };
}

function makeJudge(
  options: GatekeeperOptions,
  lastKnown: VerdictCache,
  lately: PasswordCheckCache,
): Gatekeeper['decide'] {
  const { store, keyring, limits, clock, onFault } = options;
  const checkOrdinaryPassword = rememberingCheck(options, lately);
  const resolve = makeResolver({ ...options, checkOrdinaryPassword });

  return async (attempt, signal) => {
    const { account } = attempt;
    const now = clock();
    const question = questionOf(keyring, attempt);
    let facts: LoginFacts;
    try {
      facts = await within(signal, store.lookupLogin({ ...seen(keyring, attempt), now, limits }));
    } catch (error) {
      const outOfReach = isFault(error, 'STORE_UNAVAILABLE') || isFault(error, 'DEADLINE');
      const known = outOfReach ? lastKnown.recall(account, question, now) : undefined;
      if (!outOfReach || known === undefined) throw error;
      onFault(error, account);
      return { kind: 'allow', ...known };
    }
    lastKnown.observe(account, { account: facts.account.epoch, domain: facts.domain.epoch });
    const verdict = await resolve(applyRules(attempt, facts, now, options), attempt, signal);
    if (verdict.kind === 'allow' && verdict.opener.kind === 'app-password') {
      lastKnown.remember(account, question, verdict, now);
    } else {
      lastKnown.forget(account, question);
    }
    // The backend would have to say once more what it has just said. Forwarded or asked, all take the same short way,
    // or the time would tell who has enrolled.
    const saidWrong = verdict.kind === 'forward' && lately.recall(exactly(keyring, attempt), now) === 'wrong';
    return saidWrong ? { kind: 'deny', reason: 'wrong-credentials' } : verdict;
  };
}

function rememberingCheck(options: GatekeeperOptions, lately: PasswordCheckCache): CheckOrdinaryPassword {
  const { keyring, clock } = options;
  return async (attempt, signal) => {
    const question = exactly(keyring, attempt);
    const known = lately.recall(question, clock());
    if (known !== undefined) return known;
    const answer = await options.checkOrdinaryPassword(attempt, signal);
    if (answer !== 'unavailable') lately.note(question, answer, clock());
    return answer;
  };
}

/** The result of the work, or `instead` when it fails by a Fault, which is reported. Anything else is a bug: thrown. */
async function orOnFault<T>(
  work: Promise<T>,
  instead: T,
  { account }: Attempt,
  { onFault }: Pick<GatekeeperOptions, 'onFault'>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    onFault(error, account);
    return instead;
  }
}

function successOf(attempt: Attempt, verdict: Verdict, { keyring, clock }: GatekeeperOptions): Success {
  const { protocol } = attempt;
  const opener = verdict.kind === 'allow' ? verdict.opener : undefined;
  const appPasswordId = opener?.kind === 'app-password' ? opener.id : undefined;
  const ordinaryPassword = verdict.kind === 'forward' ? true : undefined;
  return { ...seen(keyring, attempt), now: clock(), protocol, appPasswordId, ordinaryPassword };
}

function seen(keyring: Keyring, attempt: Attempt): Pick<LoginQuery, 'account' | 'network' | 'secretFingerprint'> {
  const { account, client } = attempt;
  return attemptFingerprint(keyring, { account, address: client.address, offered: offeredText(attempt) });
}

function questionOf(keyring: Keyring, attempt: Attempt): string {
  const { account, protocol, client } = attempt;
  return keyring.digest('last-known', [account.name, protocol, networkOf(client.address), ...offeredText(attempt)]);
}

// What a backend is asked: it may judge by protocol and by network, and by every character of the password.
function exactly(keyring: Keyring, { account, protocol, client, offered }: Attempt): string {
  const octets = offered.kind === 'password' ? offered.password.exposeBytes().toString('latin1') : '';
  return keyring.digest('last-known', ['exactly', account.name, protocol, networkOf(client.address), octets]);
}

// One app password is one secret, however its groups are set apart.
function offeredText({ offered }: Attempt): readonly [kind: string, text: string] {
  if (offered.kind === 'token') return [offered.kind, offered.token.expose()];
  const characters = appPasswordCharacters(offered.password.expose());
  return [offered.kind, characters ?? offered.password.exposeBytes().toString('latin1')];
}
