/**
 * Sends mail through the relay: queued in memory, codes first, tried again a bounded number of times while the trouble
 * may pass. Whoever sent a mail can see whether it has gone. What waits when the process ends is lost: a code is asked for
 * again, and changes are in the audit.
 */

import { randomUUID } from 'node:crypto';
import { withTimeout } from '#async/timers.ts';
import { setBounded } from '#core/bounded-map.ts';
import type { ComposedMail } from './content.ts';
import type { Relay, RelayTrouble } from './relay.ts';

/** A mail for one reader. */
export interface OutgoingMail extends ComposedMail {
  readonly to: string;
  /** `code`: somebody waits in front of a page. It goes first and is not tried for longer than the code is good. */
  readonly kind: 'code' | 'notice';
}

type MailOutcome =
  | { readonly kind: 'sent' }
  /** On its way. `trouble`: what came of the last try. */
  | { readonly kind: 'waiting'; readonly trouble: RelayTrouble['reason'] | undefined }
  | { readonly kind: 'failed'; readonly reason: MailFailure };

/** Why a mail was given up. `queue-full` and `stopped` are ours, the others the relay's. */
type MailFailure = RelayTrouble['reason'] | 'queue-full' | 'stopped';

/** A mail that was handed over. */
interface MailTicket {
  readonly id: string;
  outcome(): MailOutcome;
  /** The outcome once it is final, or `waiting` after this time. */
  outcomeWithin(ms: number): Promise<MailOutcome>;
}

export interface Mailer {
  send(mail: OutgoingMail): MailTicket;
  /** The outcome of a mail that this process sent not long ago. */
  outcomeOf(id: string): MailOutcome | undefined;
  /** Sends what can be sent within this time, then gives the rest up. */
  stop(drainMs: number): Promise<void>;
}

export interface MailerOptions {
  readonly relay: Relay;
  /** Waits before the second and each later try (ms); there is one try more than there are waits. */
  readonly retryMs?: Readonly<Record<OutgoingMail['kind'], readonly number[]>> | undefined;
  readonly maxWaiting?: number | undefined;
  /** Told of every try that failed and of every end; the mail's words are not in it. */
  readonly report: (event: MailEvent) => void;
}

export interface MailEvent {
  readonly event: 'sent' | 'deferred' | 'failed';
  readonly id: string;
  readonly to: string;
  readonly kind: OutgoingMail['kind'];
  readonly tries: number;
  readonly reason: MailFailure | undefined;
  /** The relay's own words, for the log. */
  readonly detail: string | undefined;
}

const AT_ONCE = 4;
const MAX_WAITING = 20_000;
/** Outcomes kept for the page that asks after them. */
const MAX_REMEMBERED = 10_000;
// A code is good for ten minutes; a notice may be late by an outage of some hours.
const RETRY_MS = { code: [3_000, 15_000, 60_000, 180_000], notice: [15_000, 60_000, 300_000, 1_800_000, 7_200_000] };

interface Job {
  readonly id: string;
  readonly mail: OutgoingMail;
  readonly settled: PromiseWithResolvers<MailOutcome>;
  outcome: MailOutcome;
  tries: number;
  timer: NodeJS.Timeout | undefined;
}

/** Makes the mailer; it takes the relay over. */
export function makeMailer(options: MailerOptions): Mailer {
  return new Queue(options);
}

class Queue implements Mailer {
  readonly #options: MailerOptions;
  readonly #ready: Job[] = [];
  readonly #open = new Set<Job>();
  readonly #ended = new Map<string, MailOutcome>();
  #sending = 0;
  #stopped = false;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  send(mail: OutgoingMail): MailTicket {
    const settled = Promise.withResolvers<MailOutcome>();
    const waiting: MailOutcome = { kind: 'waiting', trouble: undefined };
    const job: Job = { id: randomUUID(), mail, settled, outcome: waiting, tries: 0, timer: undefined };
    this.#open.add(job);
    if (this.#stopped) this.#end(job, { kind: 'failed', reason: 'stopped' });
    else if (this.#open.size > (this.#options.maxWaiting ?? MAX_WAITING)) {
      this.#end(job, { kind: 'failed', reason: 'queue-full' });
    } else this.#enqueue(job);
    return {
      id: job.id,
      outcome: () => job.outcome,
      outcomeWithin: (ms) => withTimeout(ms, settled.promise, () => job.outcome),
    };
  }

  outcomeOf(id: string): MailOutcome | undefined {
    return this.#ended.get(id) ?? [...this.#open].find((job) => job.id === id)?.outcome;
  }

  async stop(drainMs: number): Promise<void> {
    this.#stopped = true;
    const open = [...this.#open];
    // What waits for another try gets that one now, or none.
    for (const job of open) if (job.timer !== undefined) this.#enqueue(job);
    await withTimeout(drainMs, Promise.all(open.map(({ settled }) => settled.promise)), () => undefined);
    for (const job of this.#open) this.#end(job, { kind: 'failed', reason: 'stopped' });
    this.#options.relay.close();
  }

  #enqueue(job: Job): void {
    clearTimeout(job.timer);
    job.timer = undefined;
    this.#ready.push(job);
    this.#work();
  }

  #work(): void {
    while (this.#sending < AT_ONCE) {
      const urgent = this.#ready.findIndex(({ mail }) => mail.kind === 'code');
      const [job] = this.#ready.splice(Math.max(urgent, 0), 1);
      if (job === undefined) return;
      this.#sending += 1;
      void this.#try(job).finally(() => {
        this.#sending -= 1;
        this.#work();
      });
    }
  }

  async #try(job: Job): Promise<void> {
    job.tries += 1;
    const trouble = await this.#options.relay.send(job.mail);
    if (!this.#open.has(job)) return;
    if (trouble === undefined) {
      this.#end(job, { kind: 'sent' });
      return;
    }
    const waitMs = (this.#options.retryMs ?? RETRY_MS)[job.mail.kind][job.tries - 1];
    if (trouble.kind === 'permanent' || waitMs === undefined || this.#stopped) {
      this.#end(job, { kind: 'failed', reason: trouble.reason }, trouble.detail);
      return;
    }
    job.outcome = { kind: 'waiting', trouble: trouble.reason };
    this.#report(job, 'deferred', trouble);
    job.timer = setTimeout(() => this.#enqueue(job), waitMs);
  }

  #end(job: Job, outcome: Exclude<MailOutcome, { kind: 'waiting' }>, detail?: string): void {
    clearTimeout(job.timer);
    job.outcome = outcome;
    this.#open.delete(job);
    setBounded(this.#ended, job.id, outcome, MAX_REMEMBERED);
    const reason = outcome.kind === 'failed' ? outcome.reason : undefined;
    this.#report(job, outcome.kind, { reason, detail });
    job.settled.resolve(outcome);
  }

  #report(
    { id, mail: { to, kind }, tries }: Job,
    event: MailEvent['event'],
    { reason, detail }: { readonly reason: MailFailure | undefined; readonly detail: string | undefined },
  ): void {
    this.#options.report({ event, id, to, kind, tries, reason, detail });
  }
}
