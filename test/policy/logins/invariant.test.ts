/**
 * The invariant: for an account that is enrolled in a domain that is not disabled, no session exists unless a live app
 * password or token of that account opened it. Random histories are played against a gateway in miniature and judged,
 * after each step, by a model that knows nothing of how policy decides (support/policy-model.ts).
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { unreachable } from '#core/fault.ts';
import { Secret } from '#core/secret.ts';
import { PROTOCOLS } from '#core/protocols.ts';
import { cutOffAccount, resumeAccount, suspendAccount } from '#policy/accounts/accounts.ts';
import { makeGatekeeper } from '#policy/logins/gatekeeper.ts';
import { setDomain } from '#policy/domains/domains.ts';
import { beginTotp, confirmTotp } from '#policy/factors/totp-enrolment.ts';
import { resetFactors, unenrolAccount } from '#policy/factors/factors.ts';
import { addAppPassword, resetAppPasswordOf, revokeAppPassword } from '#policy/app-passwords/app-passwords.ts';
import { emptyModel, mayBeOpen, modeAt, mustOpen } from '../../support/policy-model.ts';
import { START_MS, codeAt, password, testAccount, testAttempt, testTools } from '../../support/policy.ts';

import type { Account } from '#core/identity.ts';
import type { Protocol } from '#core/protocols.ts';
import type { Attempt, Offered, SessionCredential, Verdict } from '#core/verdict.ts';
import type { Issued, Mode, Used } from '../../support/policy-model.ts';

const ACCOUNTS: readonly Account[] = [testAccount('alice'), testAccount('bob')];
const NEVER = Number.POSITIVE_INFINITY;

/** `who` and `which` are taken modulo what there is; `which` counts the app passwords that ever were, anybody's. */
type Change =
  | { readonly do: 'set mode'; readonly mode: Mode }
  | { readonly do: 'enrol' | 'unenrol' | 'lose factors' | 'suspend' | 'resume' | 'cut off'; readonly who: number }
  | { readonly do: 'add'; readonly who: number; readonly lifeMs: number | undefined; readonly scope: Protocol }
  | { readonly do: 'reset' | 'revoke'; readonly which: number };
interface Login {
  readonly do: 'log in';
  readonly who: number;
  readonly with: 'ordinary' | 'wrong' | 'token' | number;
  readonly protocol: Protocol;
}
type Action =
  | Change
  | Login
  | { readonly do: 'wait'; readonly ms: number }
  /** The change comes while the login is decided, or between its verdict and its session. */
  | { readonly do: 'race'; readonly login: Login; readonly change: Change; readonly verdictFirst: boolean };

interface Session {
  readonly id: string;
  readonly account: Account;
  readonly opener: SessionCredential;
  readonly openedAt: number;
  readonly used: Used;
}

/** A gateway in miniature with its policy and store, and beside it the model of what is so. */
class World {
  readonly #clock = { now: START_MS };
  readonly #context = testTools(this.#clock);
  readonly #model = emptyModel();
  /** Enrolled accounts whose factors were reset. */
  readonly #factorless = new Set<string>();
  readonly #sessions = new Map<string, Session>();
  readonly #reviewAt = new Map<string, number>();
  #ordinal = 0;

  readonly #gatekeeper = makeGatekeeper({
    store: this.#context.store,
    keyring: this.#context.keyring,
    clock: this.#context.clock,
    limits: {
      accountFailures: 1e6,
      accountNetworkFailures: 1e6,
      networkVerdicts: 1e6,
      failureWindowSeconds: 900,
      networkWindowSeconds: 20,
    },
    staleSeconds: 300,
    checkOrdinaryPassword: async (attempt) => (isOrdinary(attempt) ? 'right' : 'wrong'),
    verifyToken: async () => ({ kind: 'valid', id: 't1' }),
    onFault: (fault) => assert.fail(fault),
  });

  get sessionCount(): number {
    return this.#sessions.size;
  }

  async start(): Promise<void> {
    await this.#context.store.watch({
      onGap: () => undefined,
      onChange: (change) => {
        this.#gatekeeper.noteChange(change);
        const concerned = change.kind === 'account' ? [change.account] : ACCOUNTS.map(({ name }) => name);
        for (const name of concerned) this.#reviewAt.set(name, 0);
      },
    });
  }

  async act(action: Action): Promise<void> {
    this.#clock.now += 1;
    if (action.do === 'wait') this.#clock.now += action.ms;
    else if (action.do === 'log in') await this.#logIn(action);
    else if (action.do === 'race') await this.#race(action);
    else await this.#change(action);
    await this.#reviewDue();
    this.#checkSessions();
  }

  #checkSessions(): void {
    const { now } = this.#clock;
    for (const { account, used, openedAt } of this.#sessions.values()) {
      const what = `a session of ${account.name}, opened with ${typeof used === 'string' ? used : 'an app password'}`;
      assert.ok(mayBeOpen(this.#model, account, used, now), `${what}, in mode ${modeAt(this.#model, now)}`);
      assert.ok(openedAt >= (this.#model.cutOffAt.get(account.name) ?? 0), `${what}, before the cut-off`);
    }
  }

  async #logIn(login: Login): Promise<void> {
    const { attempt, used } = this.#attempt(login);
    const verdict = await this.#gatekeeper.decide(attempt, new AbortController().signal);
    const opened = await this.#carryOut(attempt, verdict, used);
    const expected = mustOpen(this.#model, attempt.account, used, { protocol: login.protocol, now: this.#clock.now });
    assert.equal(opened, expected, `${attempt.account.name} ${JSON.stringify(verdict)}`);
  }

  async #race({ login, change, verdictFirst }: Extract<Action, { do: 'race' }>): Promise<void> {
    const { attempt, used } = this.#attempt(login);
    const deciding = this.#gatekeeper.decide(attempt, new AbortController().signal);
    if (verdictFirst) await deciding;
    const [verdict] = await Promise.all([deciding, this.#change(change)]);
    await this.#carryOut(attempt, verdict, used);
  }

  #attempt({ who, with: offered, protocol }: Login): { readonly attempt: Attempt; readonly used: Used } {
    const account = accountOf(who);
    const { issued } = this.#model;
    const used = typeof offered === 'number' ? (issued[offered % Math.max(1, issued.length)] ?? 'wrong') : offered;
    return { attempt: testAttempt({ account, protocol, offered: offeredBy(account, used) }), used };
  }

  // What the gateway does with a verdict. The backend judges what is forwarded, and knows ordinary passwords only.
  async #carryOut(attempt: Attempt, verdict: Verdict, used: Used): Promise<boolean> {
    assert.ok(verdict.kind !== 'throttle' && verdict.kind !== 'unavailable', verdict.kind);
    if (verdict.kind === 'deny') return false;
    const accepted = verdict.kind === 'allow' || isOrdinary(attempt);
    await this.#gatekeeper.conclude(attempt, verdict, accepted ? 'accepted' : 'refused');
    if (!accepted) return false;
    const { account } = attempt;
    const { name, domain } = account;
    const opener: SessionCredential = verdict.kind === 'allow' ? verdict.opener : { kind: 'ordinary-password' };
    this.#ordinal += 1;
    const id = `s${this.#ordinal}`;
    this.#sessions.set(id, { id, account, opener, openedAt: this.#clock.now, used });
    const present = await this.#context.store.epochs([account], [domain]);
    const overtaken =
      verdict.epochs.account !== present.accounts.get(name) || verdict.epochs.domain !== present.domains.get(domain);
    const dueAt = overtaken ? 0 : (verdict.cutOffAt ?? NEVER);
    this.#reviewAt.set(name, Math.min(dueAt, this.#reviewAt.get(name) ?? NEVER));
    return true;
  }

  async #reviewDue(): Promise<void> {
    for (const account of ACCOUNTS) {
      if ((this.#reviewAt.get(account.name) ?? NEVER) > this.#clock.now) continue;
      const own = [...this.#sessions.values()].filter((session) => session.account === account);
      const { ended, reviewAt } = await this.#gatekeeper.review(account, own);
      for (const id of ended) this.#end(id);
      this.#reviewAt.set(account.name, reviewAt ?? NEVER);
    }
  }

  // Nobody is cut off without a reason.
  #end(id: string): void {
    const session = this.#sessions.get(id) ?? assert.fail(`no session ${id}`);
    this.#sessions.delete(id);
    const { account, used, openedAt } = session;
    const mayStay = mayBeOpen(this.#model, account, used, this.#clock.now);
    assert.ok(!mayStay || openedAt < (this.#model.cutOffAt.get(account.name) ?? 0), `${id} was cut off without reason`);
  }

  async #change(change: Change): Promise<void> {
    switch (change.do) {
      case 'set mode':
        return this.#setMode(change.mode);
      case 'reset':
      case 'revoke':
        return this.#endAppPassword(change);
      case 'add':
        return this.#addAppPassword(accountOf(change.who), change);
      case 'enrol':
        return this.#enrol(accountOf(change.who));
      case 'unenrol':
      case 'lose factors':
      case 'suspend':
      case 'resume':
      case 'cut off':
        return this.#changeAccount(change.do, accountOf(change.who));
      default:
        return unreachable(change);
    }
  }

  async #setMode(mode: Mode): Promise<void> {
    const forcedFrom = mode === 'forced later' ? this.#clock.now + 50 : undefined;
    const change = { mode: mode === 'forced later' ? 'forced' : mode, forcedFrom } as const;
    await setDomain(this.#context, 'test', accountOf(0).domain, change);
    this.#model.mode = mode;
    this.#model.forcedFrom = forcedFrom ?? 0;
  }

  async #enrol(account: Account): Promise<void> {
    const { name } = account;
    const { now } = this.#clock;
    if (modeAt(this.#model, now) === 'disabled') {
      await assert.rejects(beginTotp(this.#context, account), { code: 'NOT_ALLOWED' });
      return;
    }
    const { secret } = await beginTotp(this.#context, account);
    const done = await confirmTotp(this.#context, 'test', account, codeAt(secret, now));
    const before = this.#factorless.delete(name) ? 'restored' : 'replaced';
    assert.equal(done.kind, this.#model.enrolled.has(name) ? before : 'enrolled');
    if (done.kind === 'enrolled') {
      this.#model.enrolled.add(name);
      this.#model.cutOffAt.set(name, now);
    }
    if (!('appPassword' in done) || done.appPassword === undefined) return;
    const { record } = await this.#context.store.lookupAccount(account);
    const id = record?.appPasswords[0]?.id ?? assert.fail();
    this.#issue({ account, id, text: done.appPassword.expose(), scopes: PROTOCOLS, expiresAt: NEVER });
  }

  async #addAppPassword(account: Account, { lifeMs, scope }: Extract<Change, { do: 'add' }>): Promise<void> {
    const expiresAt = lifeMs === undefined ? undefined : this.#clock.now + lifeMs;
    const request = { name: `device ${this.#model.issued.length}`, scopes: [scope], expiresAt };
    const adding = addAppPassword(this.#context, 'test', account, request);
    const off = modeAt(this.#model, this.#clock.now) === 'disabled';
    if (off || !this.#model.enrolled.has(account.name)) {
      await assert.rejects(adding, { code: 'NOT_ALLOWED' });
      return;
    }
    const { appPassword, secret } = await adding;
    this.#issue({ account, id: appPassword.id, text: secret.expose(), scopes: [scope], expiresAt: expiresAt ?? NEVER });
  }

  async #endAppPassword({ do: what, which }: Extract<Change, { which: number }>): Promise<void> {
    const live = [...this.#model.live];
    const one = live[which % Math.max(1, live.length)];
    if (one === undefined) return;
    const { account, id } = one;
    if (what === 'revoke') {
      await revokeAppPassword(this.#context, 'test', account, id);
      this.#model.live.delete(one);
      return;
    }
    const resetting = resetAppPasswordOf(this.#context, 'test', account, id);
    if (one.expiresAt <= this.#clock.now) {
      await assert.rejects(resetting, { code: 'NOT_ALLOWED' });
      return;
    }
    const { secret } = await resetting;
    this.#model.live.delete(one);
    this.#issue({ ...one, text: secret.expose() });
  }

  async #changeAccount(
    what: 'unenrol' | 'lose factors' | 'suspend' | 'resume' | 'cut off',
    account: Account,
  ): Promise<void> {
    const { name } = account;
    const { enrolled, suspended, live, cutOffAt } = this.#model;
    switch (what) {
      case 'unenrol':
        assert.equal(await unenrolAccount(this.#context, 'test', account), enrolled.delete(name));
        this.#factorless.delete(name);
        for (const one of live) if (one.account === account) live.delete(one);
        break;
      // An admin's reset: the account stays protected, and its app passwords go on working.
      case 'lose factors':
        assert.equal(await resetFactors(this.#context, 'test', account), enrolled.has(name));
        if (enrolled.has(name)) this.#factorless.add(name);
        break;
      case 'suspend':
        assert.equal(await suspendAccount(this.#context, 'test', account), !suspended.has(name));
        suspended.add(name);
        break;
      case 'resume':
        assert.equal(await resumeAccount(this.#context, 'test', account), suspended.delete(name));
        break;
      case 'cut off':
        await cutOffAccount(this.#context, 'test', account);
        cutOffAt.set(name, this.#clock.now);
        break;
      default:
        unreachable(what);
    }
  }

  #issue(one: Issued): void {
    this.#model.issued.push(one);
    this.#model.live.add(one);
  }
}

const who = fc.nat({ max: 1 });
const which = fc.nat({ max: 9 });
const protocol = fc.constantFrom(...PROTOCOLS);
const aLogin: fc.Arbitrary<Login> = fc.record({
  do: fc.constant('log in' as const),
  who,
  with: fc.oneof(fc.constantFrom('ordinary' as const, 'wrong' as const, 'token' as const), which, which),
  protocol,
});
const aChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    do: fc.constant('set mode' as const),
    mode: fc.constantFrom<Mode[]>('disabled', 'enabled', 'forced', 'forced later', 'enabled', 'forced'),
  }),
  fc.record({ do: fc.constant('enrol' as const), who }),
  fc.record({
    do: fc.constantFrom(...(['unenrol', 'lose factors', 'suspend', 'resume', 'cut off'] as const)),
    who,
  }),
  fc.record({
    do: fc.constant('add' as const),
    who,
    lifeMs: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
    scope: protocol,
  }),
  fc.record({ do: fc.constantFrom('reset' as const, 'revoke' as const), which }),
);
const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: aLogin },
  { weight: 4, arbitrary: aChange },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 60 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('race' as const),
      login: aLogin,
      change: aChange,
      verdictFirst: fc.boolean(),
    }),
  },
);

test('no session of a protected account exists that a live app password or token did not open', async () => {
  let sessionsSeen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anAction, { minLength: 40, maxLength: 80 }), async (actions) => {
      const world = new World();
      await world.start();
      for (const action of actions) {
        await world.act(action);
        sessionsSeen += world.sessionCount;
      }
    }),
    { seed: 40, numRuns: 150 },
  );
  assert.ok(sessionsSeen > 2000, `the histories hold sessions to judge: ${sessionsSeen}`);
});

function accountOf(who: number): Account {
  return ACCOUNTS[who % ACCOUNTS.length] ?? assert.fail();
}

function ordinaryOf({ name }: Account): string {
  return `the ordinary password of ${name}`;
}

function isOrdinary({ account, offered }: Attempt): boolean {
  return offered.kind === 'password' && offered.password.expose() === ordinaryOf(account);
}

function offeredBy(account: Account, used: Used): Offered {
  if (used === 'token') return { kind: 'token', token: new Secret('a token that the sign-in service confirms') };
  if (used === 'wrong') return password('a guess');
  return password(used === 'ordinary' ? ordinaryOf(account) : used.text);
}
