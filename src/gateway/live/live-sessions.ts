/**
 * Who is connected to this worker, and the promise that nobody stays whom policy no longer covers: every change is
 * reviewed when it is announced. Because announcements can be lost, all accounts are reviewed after every gap, and their
 * epochs are compared every half minute. A cut-off may be late by an outage, never forgotten.
 */

import type { Account } from '#core/identity.ts';
import { isFault, unreachable } from '#core/fault.ts';
import type { Epochs } from '#core/verdict.ts';
import type { Log } from '#ops/log.ts';
import { LiveList } from './session-list-writer.ts';
import type { GatewayMetrics, RevocationTrigger } from '#ops/gateway-metrics.ts';
import { CUT_OFF_REASONS, revocationNotice, type RevocationNotice } from './revocation-notice.ts';
import { isOlder, isOther, newest, oldest, RecentEpochs } from './recent-epochs.ts';
import { Semaphore } from '#async/semaphore.ts';
import type { Gatekeeper, LiveStore } from '#gateway/ports/gatekeeper.ts';
import type { SessionRecord, Change, TraceRequest } from '#core/session.ts';

export interface LiveSessionsOptions {
  readonly store: LiveStore;
  readonly review: Gatekeeper['review'];
  readonly metrics: GatewayMetrics;
  readonly onTrace?: (request: TraceRequest) => void;
  readonly log: Log;
  readonly compareIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  /** Wait before a review that the store's outage prevented is tried again. */
  readonly retryMs: number;
  readonly now: () => number;
}

/** One session. */
export interface Admission {
  readonly record: SessionRecord;
  readonly account: Account;
  /** From the verdict: a change that overtook the login is noticed by comparing. */
  readonly epochs: Epochs;
  readonly reviewAt?: number | undefined;
  cutOff(): void;
}

interface Group {
  readonly account: Account;
  readonly sessions: Map<string, Admission>;
  /** The versions that the last review, or the oldest login since, was made from. */
  epochs: Epochs;
  reviewAt: number | undefined;
  reviewing: boolean;
  /** The next review is to come by itself, since the last one failed. */
  retrying: boolean;
  /** Something changed while a review was under way. */
  again: boolean;
  /** What the next review is for, and since when. */
  noticed: RevocationNotice | undefined;
}

export class LiveSessions {
  readonly #options: LiveSessionsOptions;
  readonly #groups = new Map<string, Group>();
  readonly #domains = new Map<string, Set<Group>>();
  readonly #list: LiveList;
  readonly #recent = new RecentEpochs();
  /** Changing one domain may concern every account here: the store is asked about this many at a time. */
  readonly #turns = new Semaphore(REVIEWS_AT_ONCE);
  /** Sessions that have been told to end and are not gone yet. */
  readonly #ending = new Map<string, RevocationNotice>();
  readonly #timers: NodeJS.Timeout[] = [];
  #watch: { stop(): Promise<void> } | undefined;
  /** Reviews wait for the store. */
  #waiting = false;
  #stopped = false;

  constructor(options: LiveSessionsOptions) {
    this.#options = options;
    this.#list = new LiveList(options);
  }

  /** Begins to watch for changes. Rejects with STORE_UNAVAILABLE when the store cannot be watched yet. */
  async start(): Promise<void> {
    const { store, compareIntervalMs, heartbeatIntervalMs } = this.#options;
    this.#watch = await store.watch({
      onChange: (change) => this.#onChange(change),
      onGap: () => this.#onGap(),
      onTrace: (request) => this.#options.onTrace?.(request),
    });
    this.#timers.push(
      setInterval(() => void this.#compare(), compareIntervalMs),
      setInterval(() => void this.#list.touch(), heartbeatIntervalMs),
      setInterval(() => this.#reviewDue(), DUE_INTERVAL_MS),
    );
  }

  /** Stops watching, once the store has heard of all that has left. Sessions are left to whoever owns them. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#list.settled();
    await this.#watch?.stop();
  }

  get size(): number {
    return [...this.#groups.values()].reduce((sum, { sessions }) => sum + sessions.size, 0);
  }

  /** Notes a session that has just logged in, until leave(). */
  admit(admission: Admission): void {
    const group = this.#groupOf(admission);
    group.sessions.set(admission.record.id, admission);
    group.reviewAt = earliest(group.reviewAt, admission.reviewAt);
    // Judged by older records than those we know of: a change overtook this login.
    const { domain, name } = admission.account;
    if (isOlder(admission.epochs, newest(group.epochs, this.#recent.get(domain, name)))) {
      this.#review(group, 'announced');
    }
    group.epochs = oldest(group.epochs, admission.epochs);
    this.#options.metrics.sessionOpened(admission.record.protocol, admission.record.opener.kind);
    this.#list.open(admission.record);
  }

  /** A session has ended. */
  leave({ account, record }: Admission): void {
    const group = this.#groups.get(account.name);
    if (group?.sessions.delete(record.id) !== true) return;
    this.#measure(record);
    if (group.sessions.size === 0) {
      this.#groups.delete(account.name);
      const ofDomain = this.#domains.get(account.domain);
      ofDomain?.delete(group);
      if (ofDomain?.size === 0) this.#domains.delete(account.domain);
    }
    this.#list.close(record);
  }

  #groupOf({ account, epochs }: Admission): Group {
    const known = this.#groups.get(account.name);
    if (known !== undefined) return known;
    const group: Group = {
      account,
      sessions: new Map(),
      epochs,
      reviewAt: undefined,
      reviewing: false,
      retrying: false,
      again: false,
      noticed: undefined,
    };
    this.#groups.set(account.name, group);
    const ofDomain = this.#domains.get(account.domain) ?? new Set();
    this.#domains.set(account.domain, ofDomain.add(group));
    return group;
  }

  #measure({ id, protocol, opener }: SessionRecord): void {
    const { metrics } = this.#options;
    metrics.sessionClosed(protocol, opener.kind);
    const notice = this.#ending.get(id);
    if (notice !== undefined) metrics.sessionCutOff(notice.trigger, (performance.now() - notice.at) / 1000);
    this.#ending.delete(id);
  }

  #onChange(change: Change): void {
    switch (change.kind) {
      case 'account':
        this.#recent.noteAccount(change.account, change.epoch);
        this.#review(this.#groups.get(change.account), 'announced');
        break;
      case 'domain':
        this.#recent.noteDomain(change.domain, change.epoch);
        for (const group of this.#domains.get(change.domain) ?? []) this.#review(group, 'announced');
        break;
      case 'session':
        for (const { sessions } of this.#groups.values())
          this.#cutOff(sessions.get(change.id), revocationNotice('by-hand'));
        break;
      default:
        unreachable(change);
    }
  }

  // Equal epochs prove nothing here: a failover may have lost a change that we know of, and the next one has its number.
  #onGap(): void {
    const { metrics, log } = this.#options;
    metrics.changesLost();
    log.warn('changes.lost', { count: this.#groups.size });
    for (const group of this.#groups.values()) this.#review(group, 'compared');
    void this.#list.touch(); // it may have lost them, too
  }

  #review(group: Group | undefined, how: RevocationTrigger): void {
    if (group === undefined) return;
    group.noticed ??= revocationNotice(how);
    if (group.reviewing) group.again = true;
    else void this.#reviewUntilDone(group);
  }

  async #reviewUntilDone(group: Group): Promise<void> {
    group.reviewing = true;
    try {
      do {
        group.again = false;
        await this.#turns.run(() => this.#reviewOnce(group));
      } while (group.again);
    } finally {
      group.reviewing = false;
    }
  }

  async #reviewOnce(group: Group): Promise<void> {
    const notice = group.noticed ?? revocationNotice('announced');
    group.noticed = undefined;
    const sessions = [...group.sessions.values()];
    const covered = sessions.map(({ record: { id, opener, openedAt } }) => ({ id, opener, openedAt }));
    try {
      const { ended, reviewAt, epochs } = await this.#options.review(group.account, covered);
      if (this.#waiting) this.#options.log.info('store.recovered');
      this.#waiting = false;
      group.epochs = epochs;
      for (const id of ended) this.#cutOff(group.sessions.get(id), notice);
      // Admitted meanwhile, and judged by older records than this review was.
      const late = [...group.sessions.values()].filter((session) => !sessions.includes(session));
      group.reviewAt = late.map((session) => session.reviewAt).reduce(earliest, reviewAt);
      if (late.some((session) => isOlder(session.epochs, epochs))) group.again = true;
    } catch (error) {
      this.#logPostponed(group, error);
      group.noticed = notice;
      this.#retry(group, notice);
    }
  }

  // Not reviewed is not covered: try until the store answers. RECORD_INVALID too, an operator may mend it.
  #retry(group: Group, { trigger: how }: RevocationNotice): void {
    if (this.#stopped || group.retrying) return;
    group.retrying = true;
    setTimeout(() => {
      group.retrying = false;
      if (group.sessions.size > 0) this.#review(group, how);
    }, this.#options.retryMs).unref();
  }

  // An outage concerns every account here, and is said once.
  #logPostponed({ account }: Group, error: unknown): void {
    const { log } = this.#options;
    if (!isFault(error, 'STORE_UNAVAILABLE')) return log.error('fault', { user: account.name, error });
    if (!this.#waiting)
      log.error('store.unavailable', { remark: 'no session can be reviewed until it is back', error });
    this.#waiting = true;
  }

  #cutOff(admission: Admission | undefined, notice: RevocationNotice): void {
    if (admission === undefined) return;
    const { id, account, protocol, address, opener } = admission.record;
    const told = { session: id, user: account, protocol, address, opener: opener.kind };
    this.#options.log.info('session.cut-off', { ...told, reason: CUT_OFF_REASONS[notice.trigger] });
    if (!this.#ending.has(id)) this.#ending.set(id, notice);
    admission.cutOff();
  }

  // What an announcement may have missed: any record that is not the one our sessions were judged by.
  async #compare(): Promise<void> {
    const groups = [...this.#groups.values()];
    for (let at = 0; at < groups.length; at += COMPARE_BATCH) {
      // The gap after the outage, or the next round, does it.
      if (!(await this.#compareSome(groups.slice(at, at + COMPARE_BATCH)))) return;
    }
  }

  /** Never rejects. Returns false when the store is out of reach. */
  async #compareSome(groups: readonly Group[]): Promise<boolean> {
    try {
      const accounts = groups.map(({ account }) => account);
      const domains = new Set(accounts.map(({ domain }) => domain));
      const present = await this.#options.store.epochs(accounts, [...domains]);
      for (const group of groups) {
        const account = present.accounts.get(group.account.name) ?? 0;
        const domain = present.domains.get(group.account.domain) ?? 0;
        if (isOther(group.epochs, { account, domain })) this.#review(group, 'compared');
      }
    } catch (error) {
      if (isFault(error, 'STORE_UNAVAILABLE')) return false;
      const [first, ...others] = groups;
      if (others.length === 0) this.#options.log.error('fault', { user: first?.account.name, error });
      // One of them has a broken record, which must not hide what has changed for the others.
      else for (const group of groups) if (!(await this.#compareSome([group]))) return false;
    }
    return true;
  }

  #reviewDue(): void {
    const now = this.#options.now();
    for (const group of this.#groups.values()) if ((group.reviewAt ?? Infinity) <= now) this.#review(group, 'by-time');
  }
}

const DUE_INTERVAL_MS = 500;
const COMPARE_BATCH = 500;
const REVIEWS_AT_ONCE = 200;

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
