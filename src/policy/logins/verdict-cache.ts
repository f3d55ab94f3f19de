/**
 * Remembers logins that were allowed with an app password, for the time in which the store cannot be asked. An answer
 * is repeated only for exactly the same account, secret, protocol and client network, and only while it is fresh.
 * Bounded; holds keyed digests, never a secret.
 */

import { setBounded } from '#core/bounded-map.ts';

import type { Account } from '#core/identity.ts';
import type { Epochs, SessionCredential } from '#core/verdict.ts';
import type { Change } from '#core/session.ts';

/** An answer given earlier. */
export interface KnownAnswer {
  readonly opener: SessionCredential;
  readonly epochs: Epochs;
  /** The app password's expiry (ms). */
  readonly cutOffAt?: number;
}

interface Remembered {
  readonly domain: string;
  /** The versions of the records that all these answers were made from. */
  readonly epochs: Epochs;
  readonly answers: Map<string, { readonly answer: KnownAnswer; readonly at: number }>;
}

export interface VerdictCacheOptions {
  /** How long after it was given an answer may be repeated. 0: nothing is remembered. */
  readonly staleSeconds: number;
  readonly maxAccounts: number;
  readonly maxAnswersPerAccount: number;
}

export class VerdictCache {
  readonly #options: VerdictCacheOptions;
  readonly #accounts = new Map<string, Remembered>();
  /** The newest versions announced: an answer that was on its way when its account changed is not remembered. */
  readonly #announced = { accounts: new Map<string, number>(), domains: new Map<string, number>() };

  constructor(options: VerdictCacheOptions) {
    this.#options = options;
  }

  /** Notes an answer just given from the store's records. `question` is a keyed digest of all that was asked. */
  remember(account: Account, question: string, answer: KnownAnswer, now: number): void {
    if (this.#options.staleSeconds === 0 || this.#overtaken(account, answer.epochs)) return;
    this.observe(account, answer.epochs);
    const { domain } = account;
    const known = this.#accounts.get(account.name) ?? { domain, epochs: answer.epochs, answers: new Map() };
    setBounded(known.answers, question, { answer, at: now }, this.#options.maxAnswersPerAccount);
    setBounded(this.#accounts, account.name, known, this.#options.maxAccounts);
  }

  /** The answer given to this question within staleSeconds before `now` (ms), unless a change was seen since. */
  recall(account: Account, question: string, now: number): KnownAnswer | undefined {
    const known = this.#accounts.get(account.name)?.answers.get(question);
    if (known === undefined) return undefined;
    const { answer, at } = known;
    const ageMs = now - at;
    const fresh = ageMs >= 0 && ageMs <= this.#options.staleSeconds * 1000;
    const expired = answer.cutOffAt !== undefined && answer.cutOffAt <= now;
    return fresh && !expired ? answer : undefined;
  }

  /** This question was asked again and got another answer. */
  forget(account: Account, question: string): void {
    this.#accounts.get(account.name)?.answers.delete(question);
  }

  /** The account's records were read at these versions: answers made from others are dropped. */
  observe(account: Account, epochs: Epochs): void {
    const known = this.#accounts.get(account.name)?.epochs;
    if (known === undefined) return;
    if (known.account !== epochs.account || known.domain !== epochs.domain) this.#accounts.delete(account.name);
  }

  /** A change was announced. */
  note(change: Change): void {
    const { maxAccounts } = this.#options;
    if (change.kind === 'account') {
      setBounded(this.#announced.accounts, change.account, change.epoch, maxAccounts);
      this.#accounts.delete(change.account);
    } else if (change.kind === 'domain') {
      setBounded(this.#announced.domains, change.domain, change.epoch, maxAccounts);
      for (const [name, { domain }] of this.#accounts) if (domain === change.domain) this.#accounts.delete(name);
    }
  }

  #overtaken(account: Account, epochs: Epochs): boolean {
    const { accounts, domains } = this.#announced;
    return epochs.account < (accounts.get(account.name) ?? 0) || epochs.domain < (domains.get(account.domain) ?? 0);
  }
}
