/**
 * Remembers for a few seconds what a backend said of an ordinary password, so that a phone that repeats the same wrong
 * one costs the backend nothing. It never lets anybody in: a password that was right is only told the same hint again.
 * One that has become right since is turned away for as long as this remembers, and no longer.
 * Bounded; holds keyed digests, never a secret.
 */

import { setBounded } from '#core/bounded-map.ts';

export type Answered = 'right' | 'wrong';

// Long enough for the parallel connections and the second try of a mail program, short enough that nobody who has just
// changed a password notices.
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export class PasswordCheckCache {
  readonly #answers = new Map<string, { readonly answer: Answered; readonly at: number }>();

  /** Notes what the backend has just said. `question` is a keyed digest of all that it was asked. */
  note(question: string, answer: Answered, now: number): void {
    setBounded(this.#answers, question, { answer, at: now }, MAX_REMEMBERED);
  }

  /** What it said to this question within the last seconds before `now` (ms). */
  recall(question: string, now: number): Answered | undefined {
    const known = this.#answers.get(question);
    if (known === undefined) return undefined;
    const ageMs = now - known.at;
    return ageMs >= 0 && ageMs < REMEMBERED_MS ? known.answer : undefined;
  }
}
